import assert from "node:assert/strict";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import { latin1Bytes } from "../../../tests/support/http/h1_reading.ts";
import { Problem } from "./problem.ts";
import { MAX_TRAILER_BYTES, TrailerReader } from "./trailer_reader.ts";

interface TrailerReading {
  readonly isDone: boolean;
  readonly problem: Problem;
  readonly consumed: number;
}

function read(pieces: readonly Uint8Array[], reader = new TrailerReader()): TrailerReading {
  reader.begin();
  let consumed = 0;
  for (const piece of pieces) {
    if (reader.problem !== Problem.NONE) break;
    consumed += reader.read(piece, 0, piece.length);
  }
  return { isDone: reader.done, problem: reader.problem, consumed };
}

Deno.test("TrailerReader stops behind the empty line, however the lines arrive", () => {
  const texts = [
    "\r\n",
    "a: 1\r\n\r\n",
    "a:\r\nB-c:  x\ty \r\n\r\n",
    'Server-Timing: a;dur=1\r\nETag: "x"\r\n\r\n',
    `${"long-name-".repeat(20)}: 1\r\n\r\n`,
    "content-lengths: 1\r\nx-host: 1\r\n\r\n",
    "a: \xc3\xa9\r\n\r\n",
  ];
  for (const text of texts) {
    forEachDelivery(latin1Bytes(text), ({ chunks }) => {
      const expected = { isDone: true, problem: Problem.NONE, consumed: text.length };
      assert.deepEqual(read(chunks), expected, JSON.stringify(text));
    }, { trailing: latin1Bytes("GET / HTTP/1.1\r\n\r\n") });
  }
});

Deno.test("TrailerReader refuses at the first byte that cannot stand there", () => {
  const rows: readonly (readonly [string, number])[] = [
    [": 1\r\n\r\n", 0],
    [" a: 1\r\n\r\n", 0],
    ["\na: 1\r\n\r\n", 0],
    ["a : 1\r\n\r\n", 1],
    ["a\r\n\r\n", 1],
    ["a\x00: 1\r\n\r\n", 1],
    ["a\xe9: 1\r\n\r\n", 1],
    ["a: 1\n\r\n", 4],
    ["a: \x00\r\n\r\n", 3],
    ["a: \x80\x01\r\n\r\n", 4],
    ["a: \x7f\r\n\r\n", 3],
    ["a: 1\rb", 5],
    ["a: 1\r\n b\r\n\r\n", 6],
    ["a: 1\r\n\tb\r\n\r\n", 6],
    ["\rx", 1],
    ["\r\r\n", 1],
    ["GET / HTTP/1.1\r\n\r\n", 3],
  ];
  for (const [text, consumed] of rows) {
    forEachDelivery(latin1Bytes(text), ({ chunks }) => {
      const expected = { isDone: false, problem: Problem.TRAILER, consumed };
      assert.deepEqual(read(chunks), expected, JSON.stringify(text));
    });
  }
});

Deno.test("TrailerReader refuses fields that change framing, routing or who the client is", () => {
  const names = [
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Connection",
    "Trailer",
    "Upgrade",
    "Expect",
    "Authorization",
    "Cookie",
    "TE",
    "Keep-Alive",
    "Proxy-Connection",
    "HTTP2-Settings",
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Real-IP",
  ];
  for (const name of names) {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      const text = `fine: 1\r\n${spelling}: x\r\n\r\n`;
      forEachDelivery(latin1Bytes(text), ({ chunks }) => {
        const consumed = `fine: 1\r\n${spelling}`.length;
        assert.deepEqual(read(chunks), { isDone: false, problem: Problem.TRAILER, consumed }, text);
      }, { randomSplits: 1 });
    }
  }
});

Deno.test("TrailerReader bounds the whole section", () => {
  const fill = (length: number) => `a: ${"x".repeat(length - "a: \r\n\r\n".length)}\r\n\r\n`;
  const fits = latin1Bytes(fill(MAX_TRAILER_BYTES));
  assert.deepEqual(read([fits]), {
    isDone: true,
    problem: Problem.NONE,
    consumed: MAX_TRAILER_BYTES,
  });
  const endless = latin1Bytes("a: b\r\n".repeat(100_000));
  for (const bytes of [latin1Bytes(fill(MAX_TRAILER_BYTES + 1)), endless]) {
    assert.deepEqual(read([bytes]), {
      isDone: false,
      problem: Problem.TRAILER_TOO_LARGE,
      consumed: MAX_TRAILER_BYTES,
    });
  }
});

Deno.test("TrailerReader starts over with begin()", () => {
  const reader = new TrailerReader();
  for (const text of ["Host: a", "a: x", "\r", "x".repeat(9000), `a: ${"x".repeat(8000)}`]) {
    read([latin1Bytes(text)], reader);
    const expected = { isDone: true, problem: Problem.NONE, consumed: 308 };
    assert.deepEqual(read([latin1Bytes(`a: ${"x".repeat(301)}\r\n\r\n`)], reader), expected);
  }
});
