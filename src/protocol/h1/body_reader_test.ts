import assert from "node:assert/strict";
import fc from "fast-check";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import { almostHttp, bodies, cutBy, cuts } from "../../../tests/support/http/h1_messages.ts";
import {
  advanceBody,
  feedHead,
  latin1Bytes,
  readBody,
  whole,
} from "../../../tests/support/http/h1_reading.ts";
import { asciiText } from "../../bytes/ascii.ts";
import type { MessageHead } from "../http/message_head.ts";
import { BodyReader } from "./body_reader.ts";
import { ReadStatus } from "./field_reader.ts";
import { requestHeadReader, responseHeadReader } from "./head_reader.ts";
import { Problem } from "./problem.ts";

const NEXT = "POST /next HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\n";

function requestHead(...lines: string[]): MessageHead {
  const reader = requestHeadReader();
  const text = ["POST / HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n");
  assert.equal(feedHead(reader, whole(text)), ReadStatus.DONE);
  return reader.head;
}

function untilCloseHead(): MessageHead {
  const reader = responseHeadReader();
  assert.equal(feedHead(reader, whole("HTTP/1.1 200 OK\r\n\r\n")), ReadStatus.DONE);
  return reader.head;
}

const CHUNKED = requestHead("Transfer-Encoding: chunked");

function expectBody(head: MessageHead, wire: string, payload: string): void {
  const expected = { done: true, problem: Problem.NONE, consumed: wire.length };
  forEachDelivery(latin1Bytes(wire), ({ chunks }) => {
    assert.deepEqual(readBody(head, chunks), { ...expected, payload });
    assert.deepEqual(advanceBody(head, chunks), expected);
  }, { trailing: latin1Bytes(NEXT) });
}

Deno.test("BodyReader ends a counted body after its length", () => {
  expectBody(requestHead("Content-Length: 5"), "hello", "hello");
  expectBody(requestHead("Content-Length: 7"), "0\r\n\r\nab", "0\r\n\r\nab");
  expectBody(requestHead("Content-Length: 0"), "", "");
  expectBody(requestHead(), "", "");
});

Deno.test("BodyReader ends a chunked body after its trailers", () => {
  expectBody(CHUNKED, "0\r\n\r\n", "");
  expectBody(CHUNKED, "3\r\nabc\r\n00\r\n\r\n", "abc");
  expectBody(CHUNKED, "3\r\nabc\r\n2\r\n\r\n\r\n0\r\nx: 1\r\ny: 2\r\n\r\n", "abc\r\n");
});

/** What `advance` lets pass of a body that arrives in these pieces. */
function passedOn(head: MessageHead, pieces: readonly Uint8Array[]): string {
  const body = new BodyReader();
  body.begin(head);
  let passed = "";
  for (const piece of pieces) {
    const bytes = new Uint8Array(piece.length + 6).fill(0x30);
    bytes.set(piece, 3);
    const at = body.advance(bytes, 3, 3 + piece.length);
    passed += asciiText(bytes, 3, body.keptEnd);
    assert.equal(
      asciiText(bytes, at, bytes.length),
      asciiText(piece, at - 3, piece.length) + "000",
    );
  }
  return passed;
}

Deno.test("BodyReader passes no chunk extension on, however it arrives", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["3;x\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n"],
    [
      '3 ;x="y"\r\nabc\r\n1\t\r\nd\r\nA;\r\n0123456789\r\n0;e=f\r\nt: 1\r\n\r\n',
      "3\r\nabc\r\n1\r\nd\r\nA\r\n0123456789\r\n0\r\nt: 1\r\n\r\n",
    ],
    ["4;a\r\n;b\r\n\r\n0\r\n\r\n", "4\r\n;b\r\n\r\n0\r\n\r\n"],
    ["3\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n"],
  ];
  for (const [wire, expected] of rows) {
    forEachDelivery(latin1Bytes(wire), ({ chunks }) => {
      assert.equal(passedOn(CHUNKED, chunks), expected, JSON.stringify(wire));
    }, { trailing: latin1Bytes(NEXT) });
  }
  expectBody(CHUNKED, "3;x\r\nabc\r\n2 \r\nde\r\n0;y\r\n\r\n", "abcde");
});

Deno.test("BodyReader.follow() changes no byte and tells that there was an extension", () => {
  for (const [wire, extended] of [["1;x\r\na\r\n0\r\n\r\n", true], ["0\r\n\r\n", false]] as const) {
    const body = new BodyReader();
    body.begin(CHUNKED);
    const bytes = latin1Bytes(wire);
    assert.equal(body.follow(bytes, 0, bytes.length), bytes.length);
    assert.ok(body.done);
    assert.equal(body.extended, extended);
    assert.equal(asciiText(bytes, 0, bytes.length), wire);
    body.begin(CHUNKED);
    assert.ok(!body.extended);
  }
});

Deno.test("BodyReader needs no byte to be done when there is no body", () => {
  for (const head of [requestHead(), requestHead("Content-Length: 0")]) {
    const body = new BodyReader();
    assert.ok(body.done);
    body.begin(head);
    assert.ok(body.done && body.finish());
    assert.equal(body.left, 0);
    assert.equal(body.advance(latin1Bytes(NEXT), 4, 9), 4);
    assert.equal(body.next(latin1Bytes(NEXT), 4, 9), 4);
  }
});

Deno.test("BodyReader takes everything when only closing ends the body", () => {
  const head = untilCloseHead();
  const body = new BodyReader();
  body.begin(head);
  assert.ok(!body.done);
  assert.deepEqual(readBody(head, whole(NEXT)), {
    done: false,
    problem: Problem.NONE,
    consumed: NEXT.length,
    payload: NEXT,
  });
  assert.ok(body.finish() && body.done);
});

Deno.test("BodyReader tells how much is left of a counted body", () => {
  const body = new BodyReader();
  body.begin(requestHead("Content-Length: 10"));
  const bytes = new Uint8Array(8);
  assert.equal(body.left, 10);
  assert.equal(body.advance(bytes, 2, 5), 5);
  assert.equal(body.left, 7);
  assert.equal(body.advance(bytes, 0, 8), 7);
  assert.equal(body.left, 0);
  body.begin(CHUNKED);
  assert.equal(body.left, 0);
});

Deno.test("BodyReader calls a body truncated when the peer closes before its end", () => {
  const cases: readonly (readonly [MessageHead, string])[] = [
    [requestHead("Content-Length: 5"), "hell"],
    [requestHead("Content-Length: 5"), ""],
    ...Array.from(
      "3\r\nabc\r\n0\r\na: b\r\n\r\n",
      (_, length) => [CHUNKED, "3\r\nabc\r\n0\r\na: b\r\n\r\n".slice(0, length)] as const,
    ),
  ];
  for (const [head, wire] of cases) {
    const body = new BodyReader();
    body.begin(head);
    body.advance(latin1Bytes(wire), 0, wire.length);
    assert.ok(!body.done && !body.finish(), JSON.stringify(wire));
    assert.equal(body.problem, Problem.TRUNCATED);
  }
});

Deno.test("BodyReader consumes no byte from the first bad one on", () => {
  const rows: readonly (readonly [string, Problem, number])[] = [
    ["3\r\nabcX", Problem.CHUNK_END, 6],
    ["3;x\nabc\r\n0\r\n\r\n", Problem.CHUNK_SIZE, 3],
    ["3\r\nabc\r\n0\r\nHost: b\r\n\r\n", Problem.TRAILER, 15],
    ["0\r\nGET / HTTP/1.1\r\n\r\n", Problem.TRAILER, 6],
    [`0\r\na: ${"x".repeat(9000)}`, Problem.TRAILER_TOO_LARGE, 3 + 8192],
  ];
  for (const [wire, problem, consumed] of rows) {
    forEachDelivery(latin1Bytes(wire), ({ chunks }) => {
      const expected = { done: false, problem, consumed };
      assert.deepEqual(advanceBody(CHUNKED, chunks), expected, JSON.stringify(wire));
      const { payload: _, ...reading } = readBody(CHUNKED, chunks);
      assert.deepEqual(reading, expected);
    }, { randomSplits: 3 });
    const body = new BodyReader();
    body.begin(CHUNKED);
    body.advance(latin1Bytes(wire), 0, wire.length);
    assert.equal(body.next(latin1Bytes("0\r\n\r\n"), 0, 5), 0);
    assert.ok(!body.finish());
    assert.equal(body.problem, problem);
  }
});

Deno.test("BodyReader starts over with begin(), whatever came before", () => {
  const body = new BodyReader();
  for (
    const wire of ["3\r\na", "x", "0\r\nHost:", "5", "0\r\n\r\n", `0\r\na: ${"x".repeat(8000)}`]
  ) {
    body.begin(CHUNKED);
    body.advance(latin1Bytes(wire), 0, wire.length);
    body.begin(CHUNKED);
    const fresh = latin1Bytes(`1\r\nz\r\n0\r\na: ${"x".repeat(400)}\r\n\r\n`);
    assert.equal(body.advance(fresh, 0, fresh.length), fresh.length);
    assert.ok(body.done && body.problem === Problem.NONE);
  }
});

Deno.test("BodyReader consumes exactly the body and hands out exactly the payload", () => {
  fc.assert(fc.property(bodies, almostHttp, cuts, (message, after, plan) => {
    const { announced, wire, payload, kept } = message;
    const head = requestHead(announced);
    const { chunks } = cutBy(latin1Bytes(wire + after), plan);
    const expected = { done: true, problem: Problem.NONE, consumed: wire.length };
    assert.deepEqual(readBody(head, chunks), { ...expected, payload });
    assert.deepEqual(advanceBody(head, chunks), expected);
    assert.equal(passedOn(head, chunks), kept);
  }));
});

Deno.test("BodyReader gives the same result for all bytes and every cutting, and never throws", () => {
  fc.assert(
    fc.property(almostHttp, cuts, fc.boolean(), (text, plan, isPrefixed) => {
      const bytes = latin1Bytes((isPrefixed ? "2\r\nab\r\n" : "") + text);
      const expected = readBody(CHUNKED, [bytes]);
      const { chunks } = cutBy(bytes, plan);
      assert.deepEqual(readBody(CHUNKED, chunks), expected);
      const { payload: _, ...counts } = expected;
      assert.deepEqual(advanceBody(CHUNKED, chunks), counts);
    }),
    { numRuns: 600 },
  );
});
