import assert from "node:assert/strict";
import fc from "fast-check";
import { LineError, LineReader } from "./line.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function drain(reader: LineReader): string[] {
  const lines: string[] = [];
  for (let line = reader.next(); line !== null; line = reader.next()) {
    assert.ok(!(line instanceof LineError));
    lines.push(line);
  }
  return lines;
}

Deno.test("LineReader hands out whole lines, skips blank ones and keeps the unfinished one", () => {
  const reader = new LineReader(100);
  reader.receive(bytes('{"a":1}\n\r\n  \n{"b":2}\r\n{"c"'));
  assert.deepEqual(drain(reader), ['{"a":1}', '{"b":2}']);
  reader.receive(bytes(":3}\n"));
  assert.deepEqual(drain(reader), ['{"c":3}']);
  assert.equal(reader.pending, 0);
});

Deno.test("LineReader refuses a line over the maximum, finished or not", () => {
  for (const text of ["12345678901", "12345678901\n"]) {
    const reader = new LineReader(10);
    reader.receive(bytes(text));
    assert.ok(reader.next() instanceof LineError);
  }
  const exact = new LineReader(10);
  exact.receive(bytes("1234567890\n"));
  assert.equal(exact.next(), "1234567890");
});

Deno.test("LineReader yields the same lines however the stream is cut", () => {
  const line = fc.string({ minLength: 1, maxLength: 60 }).filter((text) =>
    text.trim() === text && !text.includes("\n")
  );
  fc.assert(fc.property(
    fc.array(line, { maxLength: 30 }),
    fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }),
    (lines, cuts) => {
      const stream = bytes(lines.map((text) => `${text}\n`).join(""));
      const reader = new LineReader(1000);
      const taken: string[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = cuts[i % cuts.length] as number;
        reader.receive(stream.subarray(at, at + size));
        taken.push(...drain(reader));
        at += size;
      }
      assert.deepEqual(taken, lines);
    },
  ));
});
