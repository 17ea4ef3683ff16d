import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiBytes, asciiText } from "../../../bytes/ascii.ts";
import { HexIds } from "./hex_ids.ts";
import {
  readTraceparent,
  TraceContext,
  TRACEPARENT_LINE_BYTES,
  writeTraceparent,
} from "./trace_context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

function read(value: string): TraceContext | null {
  const context = new TraceContext();
  const bytes = asciiBytes(`xx${value}yy`);
  return readTraceparent(bytes, 2, bytes.length - 2, context) ? context : null;
}

Deno.test("readTraceparent() takes trace, parent and flag", () => {
  const context = read(`00-${TRACE}-${SPAN}-01`);
  assert.ok(context !== null);
  assert.equal(asciiText(context.traceId, 0, 32), TRACE);
  assert.equal(asciiText(context.parentId, 0, 16), SPAN);
  assert.deepEqual([context.hasParent, context.sampled], [true, true]);
  assert.equal(read(`00-${TRACE}-${SPAN}-00`)?.sampled, false);
  assert.equal(read(`00-${TRACE}-${SPAN}-fe`)?.sampled, false);
  assert.equal(read(`00-${TRACE}-${SPAN}-ff`)?.sampled, true);
});

Deno.test("readTraceparent() reads what it knows of later versions", () => {
  assert.equal(read(`01-${TRACE}-${SPAN}-01`)?.sampled, true);
  assert.equal(read(`cc-${TRACE}-${SPAN}-01-more`)?.sampled, true);
  assert.equal(read(`cc-${TRACE}-${SPAN}-01more`), null);
  assert.equal(read(`ff-${TRACE}-${SPAN}-01`), null);
});

Deno.test("readTraceparent() refuses everything else", () => {
  const wrong = [
    "",
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01-x`,
    `0-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.toUpperCase().replace("0", "A")}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE}-${SPAN}-0g`,
    `00_${TRACE}-${SPAN}-01`,
    `00-${TRACE}_${SPAN}-01`,
    `00-${TRACE}-${SPAN}_01`,
    ` 00-${TRACE}-${SPAN}-0`,
    `.0-${TRACE}-${SPAN}-01`,
  ];
  for (const value of wrong) assert.equal(read(value), null, value);
});

Deno.test("whatever is written is read again, and nothing else is read", () => {
  const hex = (length: number) =>
    fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
      .map((digits) => digits.join("")).filter((text) => /[^0]/.test(text));
  fc.assert(fc.property(hex(32), hex(16), fc.boolean(), (trace, span, sampled) => {
    const context = new TraceContext();
    context.traceId.set(asciiBytes(trace));
    context.spanId.set(asciiBytes(span));
    context.sampled = sampled;
    const target = new Uint8Array(TRACEPARENT_LINE_BYTES);
    assert.equal(writeTraceparent(context, target, 0), TRACEPARENT_LINE_BYTES);
    const line = asciiText(target, 0, target.length);
    assert.equal(line, `traceparent: 00-${trace}-${span}-0${sampled ? 1 : 0}\r\n`);
    assert.equal(read(line.slice("traceparent: ".length, -2))?.sampled, sampled);
  }));
  const pattern =
    /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/s;
  const near = fc.tuple(fc.nat(54), fc.integer({ min: 0x20, max: 0x7e })).map(([at, byte]) => {
    const valid = `00-${TRACE}-${SPAN}-01`;
    return valid.slice(0, at) + String.fromCharCode(byte) + valid.slice(at + 1);
  });
  fc.assert(
    fc.property(near, (value) => {
      assert.equal(read(value) !== null, pattern.test(value), value);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("HexIds makes ids that are never all zeros", () => {
  const id = new Uint8Array(16);
  new HexIds((into) => into.fill(0)).writeInto(id);
  assert.equal(asciiText(id, 0, 16), "0000000000000001");
  const ids = new HexIds((into) => void crypto.getRandomValues(into));
  const seen = new Set<string>();
  for (let i = 0; i < 2_000; i++) {
    ids.writeInto(id);
    assert.match(asciiText(id, 0, 16), /^[0-9a-f]{16}$/);
    seen.add(asciiText(id, 0, 16));
    const fraction = ids.fraction();
    assert.ok(fraction >= 0 && fraction < 1);
  }
  assert.equal(seen.size, 2_000);
});
