import assert from "node:assert/strict";
import fc from "fast-check";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import {
  almostHttp,
  cutBy,
  cuts,
  targets,
  tokens,
  wireFieldLists,
} from "../../../tests/support/http/h1_messages.ts";
import {
  feedHead,
  latin1Bytes,
  readingOf,
  readRequest,
  readResponse,
  whole,
} from "../../../tests/support/http/h1_reading.ts";
import { ReadStatus } from "./field_reader.ts";
import { requestHeadReader, responseHeadReader } from "./head_reader.ts";
import { Problem } from "./problem.ts";

const REQUEST = "POST /path?query HTTP/1.1\r\nHost: a.test:81\r\nX-One:  1\r\n" +
  "Content-Length: 5\r\nConnection: keep-alive\r\nEmpty:\r\n\r\n";
const RESPONSE = "HTTP/1.1 200 All right\r\nContent-Length: 2\r\nX:\t1 \r\n\r\n";

Deno.test("HeadReader reads a request head, however it arrives", () => {
  forEachDelivery(latin1Bytes(REQUEST), ({ chunks }) => {
    assert.deepEqual(readRequest(chunks), {
      status: ReadStatus.DONE,
      problem: Problem.NONE,
      length: REQUEST.length,
      start: "POST /path?query HTTP/1.1\r\n",
      version: 11,
      statusCode: 0,
      authority: "a.test:81",
      host: "a.test",
      path: "/path?query",
      fields: [
        "Host: a.test:81",
        "X-One: 1",
        "Content-Length: 5",
        "Connection: keep-alive",
        "Empty: ",
      ],
      framing: 1,
      contentLength: 5,
    });
  }, { trailing: latin1Bytes("body!GET / HTTP/1.1\r\n") });
});

Deno.test("HeadReader reads a response head, however it arrives", () => {
  forEachDelivery(latin1Bytes(RESPONSE), ({ chunks }) => {
    const reading = readResponse(chunks);
    assert.equal(reading.status, ReadStatus.DONE);
    assert.equal(reading.length, RESPONSE.length);
    assert.equal(reading.start, "HTTP/1.1 200 All right\r\n");
    assert.equal(reading.statusCode, 200);
    assert.deepEqual(reading.fields, ["Content-Length: 2", "X: 1"]);
  }, { trailing: latin1Bytes("ok") });
});

Deno.test("HeadReader asks for more until the very last byte", () => {
  for (const [text, read] of [[REQUEST, readRequest], [RESPONSE, readResponse]] as const) {
    for (let length = 0; length < text.length; length++) {
      assert.equal(read(whole(text.slice(0, length))).status, ReadStatus.MORE);
    }
  }
});

Deno.test("HeadReader follows its bytes to another buffer at every position of a head", () => {
  for (const [text, read] of [[REQUEST, readRequest], [RESPONSE, readResponse]] as const) {
    const expected = read(whole(text));
    assert.equal(expected.status, ReadStatus.DONE);
    for (let cut = 0; cut < text.length; cut++) {
      const chunks = [...whole(text.slice(0, cut)), ...whole(text.slice(cut))];
      assert.deepEqual(read(chunks, { moveBefore: new Set([1]) }), expected, `cut at ${cut}`);
    }
    const all = Array.from(text, (character) => latin1Bytes(character));
    const everywhere = new Set(all.keys());
    assert.deepEqual(read(all, { moveBefore: everywhere }), expected, "moved before every byte");
  }
});

Deno.test("HeadReader stays with its refusal, whatever follows", () => {
  for (const text of ["GET / HTTP/1.1\r\n\r\n", "GET\x00", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"]) {
    const reader = requestHeadReader();
    assert.equal(feedHead(reader, whole(text)), ReadStatus.BAD);
    const { problem } = reader;
    const { bytes } = reader.head;
    for (const filler of ["\n", "\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"]) {
      const longer = new Uint8Array(bytes.length + filler.length);
      longer.set(bytes);
      longer.set(latin1Bytes(filler), bytes.length);
      reader.relocate(longer, 0);
      assert.equal(reader.read(longer.length), ReadStatus.BAD);
      assert.equal(reader.problem, problem);
    }
  }
});

Deno.test("HeadReader forgets the previous head with begin()", () => {
  const request = requestHeadReader();
  const response = responseHeadReader();
  const heads = [
    "GET http://x.test/ HTTP/1.0\r\nConnection: close, x, upgrade\r\nContent-Length: 9\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "GET /half HTTP/1.1\r\nHo",
    `GET / HTTP/1.1\r\nHost: a\r\n${"a: b\r\n".repeat(300)}\r\n`,
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  ];
  for (const text of [...heads, ...heads.reverse()]) {
    const reading = readingOf(request, feedHead(request, whole(text)));
    assert.deepEqual(reading, readRequest(whole(text)));
  }
  const last = request.head;
  assert.deepEqual(
    [last.connectionClose, last.connectionNames, last.connectionUpgrade, last.connectionOptions],
    [true, true, true, 3],
  );
  feedHead(request, whole("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  assert.deepEqual(
    [last.connectionClose, last.connectionNames, last.connectionUpgrade, last.connectionOptions],
    [false, false, false, 0],
  );
  for (const text of ["HTTP/1.0 999 x\r\nContent-Length: 1\r\n\r\n", "HTTP/1.1 200 \r\n\r\n"]) {
    assert.deepEqual(
      readingOf(response, feedHead(response, whole(text))),
      readResponse(whole(text)),
    );
  }
});

Deno.test("HeadReader gives the same result for all bytes and every cutting, and never throws", () => {
  fc.assert(
    fc.property(almostHttp, cuts, fc.boolean(), (text, plan, isRequest) => {
      const read = isRequest ? readRequest : readResponse;
      const prefix = isRequest ? "GET / HTTP/1.1\r\nHost: a\r\n" : "HTTP/1.1 200 OK\r\n";
      for (const bytes of [latin1Bytes(text), latin1Bytes(prefix + text)]) {
        const expected = read([bytes]);
        assert.ok([ReadStatus.MORE, ReadStatus.DONE, ReadStatus.BAD].includes(expected.status));
        assert.equal(expected.status === ReadStatus.BAD, expected.problem !== Problem.NONE);
        const { chunks, moveBefore } = cutBy(bytes, plan);
        assert.deepEqual(read(chunks, { moveBefore }), expected);
      }
    }),
    { numRuns: 600 },
  );
});

Deno.test("HeadReader finds the fields that were written, in every accepted spelling", () => {
  fc.assert(
    fc.property(tokens, targets, wireFieldLists, cuts, (method, target, fields, plan) => {
      const host = "host.test";
      const text = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n` +
        fields.map(({ line }) => line).join("") + "\r\n";
      const { chunks, moveBefore } = cutBy(latin1Bytes(text), plan);
      const reading = readRequest(chunks, { moveBefore });
      fc.pre(method.toLowerCase() !== "connect");
      assert.equal(reading.status, ReadStatus.DONE);
      assert.equal(reading.start, `${method} ${target} HTTP/1.1\r\n`);
      assert.equal(reading.path, target);
      const expected = fields.map(({ name, value }) => `${name}: ${value}`);
      assert.deepEqual(reading.fields, [`Host: ${host}`, ...expected]);
    }),
  );
});
