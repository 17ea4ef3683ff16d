import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiBytes, asciiText } from "../../../../bytes/ascii.ts";
import { BodyReader } from "../../../../protocol/h1/body_reader.ts";
import { MAX_TRAILER_BYTES } from "../../../../protocol/h1/trailer_reader.ts";
import { BodyFraming, Field, MessageHead } from "../../../../protocol/http/message_head.ts";
import { BodyEnd } from "../../body.ts";
import { H1BodySink } from "./body_sink.ts";
import { H1BodySource } from "./body_source.ts";

/** A source of `text` that arrives in pieces of `size` bytes, and what it has told. */
function sourceOf(text: string, size: number, framing: BodyFraming, contentLength = 0) {
  const head = new MessageHead(new Uint8Array(0));
  head.framing = framing;
  head.contentLength = contentLength;
  const body = new BodyReader();
  body.begin(head);
  const bytes = asciiBytes(text);
  const received = { bytes, start: 0, end: 0 };
  const told = { used: 0, failed: BodyEnd.OPEN as BodyEnd, received };
  const source = new H1BodySource(body, {
    received,
    more: () => {
      received.end = Math.min(bytes.length, received.start + size);
      return Promise.resolve(received.end > received.start);
    },
    used: (count) => void (told.used += count),
    failed: (how) => void (told.failed = how),
  });
  return { source, told };
}

async function payloadOf(source: H1BodySource): Promise<string> {
  let payload = "";
  for (let bytes = await source.next(); bytes !== null; bytes = await source.next()) {
    assert.ok(bytes.length > 0);
    payload += asciiText(bytes, 0, bytes.length);
    source.taken(bytes.length);
  }
  return payload;
}

/** What a sink of chunks makes of `pieces`. */
async function chunked(pieces: readonly string[], trailers: MessageHead | null): Promise<string> {
  let text = "";
  const sink = new H1BodySink({
    write: (bytes) => {
      text += asciiText(bytes, 0, bytes.length);
      return Promise.resolve(true);
    },
    abort: () => {},
  }, true);
  for (const piece of pieces) assert.ok(await sink.write(asciiBytes(piece)));
  assert.ok(await sink.end(trailers));
  return text;
}

Deno.test("a chunked body is the same payload after any number of framings", async () => {
  const pieces = fc.array(
    fc.string({ minLength: 1, maxLength: 70, unit: fc.constantFrom("a", "\n") }),
  );
  await fc.assert(fc.asyncProperty(pieces, fc.integer({ min: 1, max: 40 }), async (list, size) => {
    const text = await chunked(list, null);
    const { source, told } = sourceOf(text, size, BodyFraming.CHUNKED);
    assert.equal(await payloadOf(source), list.join(""));
    assert.equal(source.ended, BodyEnd.COMPLETE);
    assert.deepEqual([told.used, source.trailers], [text.length, null]);
  }));
});

Deno.test("a piece larger than a chunk becomes several", async () => {
  const piece = "x".repeat(40_000);
  const text = await chunked([piece], null);
  assert.equal(text.split("\r\n").length > 6, true);
  assert.equal(await payloadOf(sourceOf(text, 5_000, BodyFraming.CHUNKED).source), piece);
});

Deno.test("trailers of one body are found, and end the other", async () => {
  const section = "T: 1\r\nX-Sum:  abc\r\n";
  for (const size of [1, 3, 1000]) {
    const { source } = sourceOf(`2\r\nab\r\n0\r\n${section}\r\n`, size, BodyFraming.CHUNKED);
    assert.equal(await payloadOf(source), "ab");
    const { trailers } = source;
    assert.ok(trailers !== null);
    assert.equal(trailers.count, 2);
    const text = (slot: number) => trailers.at(1, slot);
    const value = asciiText(trailers.bytes, text(Field.VALUE_START), text(Field.VALUE_END));
    assert.equal(value, "abc");
    assert.ok((await chunked(["ab"], trailers)).endsWith(`0\r\n${section}\r\n`));
  }
});

Deno.test("trailers that are too large or forbidden end a body as malformed", async () => {
  const large = `X: ${"y".repeat(MAX_TRAILER_BYTES)}\r\n`;
  for (const section of [large, "Content-Length: 1\r\n", "bad\r\n"]) {
    const { source, told } = sourceOf(`1\r\na\r\n0\r\n${section}\r\n`, 700, BodyFraming.CHUNKED);
    await payloadOf(source);
    assert.deepEqual([source.ended, told.failed], [BodyEnd.MALFORMED, BodyEnd.MALFORMED]);
    assert.equal(source.trailers, null);
  }
});

Deno.test("a body knows whether its end is one", async () => {
  const cases = [
    ["abcdef", BodyFraming.LENGTH, 6, BodyEnd.COMPLETE],
    ["abc", BodyFraming.LENGTH, 6, BodyEnd.CUT],
    ["abc", BodyFraming.UNTIL_CLOSE, 0, BodyEnd.COMPLETE],
    ["3\r\nabc\r\n", BodyFraming.CHUNKED, 0, BodyEnd.CUT],
    ["zz\r\n", BodyFraming.CHUNKED, 0, BodyEnd.MALFORMED],
    ["", BodyFraming.NONE, 0, BodyEnd.COMPLETE],
  ] as const;
  for (const [text, framing, length, end] of cases) {
    const { source } = sourceOf(text, 2, framing, length);
    await payloadOf(source);
    assert.equal(source.ended, end, text);
  }
});

Deno.test("a body takes nothing of what follows it", async () => {
  const { source, told } = sourceOf("abcGET /", 100, BodyFraming.LENGTH, 3);
  assert.equal(await payloadOf(source), "abc");
  assert.deepEqual([told.used, told.received.start], [3, 3]);
});
