import assert from "node:assert/strict";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import { latin1Bytes } from "../../../tests/support/h1_reading.ts";
import {
  ANY_SUCCESS,
  isExpectedStatus,
  MAX_INTERIM_ANSWERS,
  PROBE_ANSWER_BYTES,
  type ProbeAnswer,
  ProbeReader,
  probeRequest,
} from "./probe.ts";

/** Feeds chunks until the reader has decided; a chunk larger than the room comes in two reads. */
function answerTo(chunks: readonly Uint8Array[]): ProbeAnswer {
  const reader = new ProbeReader();
  let answer: ProbeAnswer = { kind: "more" };
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length && answer.kind === "more";) {
      const { room } = reader;
      const part = chunk.subarray(at, at + room.length);
      room.set(part);
      at += part.length;
      answer = reader.received(part.length);
    }
  }
  return answer;
}

function expectAnswer(text: string, expected: (answer: ProbeAnswer) => void): void {
  const trailing = latin1Bytes("Content-Length: 5\r\n\r\nhello");
  forEachDelivery(latin1Bytes(text), ({ chunks }) => expected(answerTo(chunks)), { trailing });
}

Deno.test("probeRequest() is a request line, Host and Connection: close, and nothing else", () => {
  const text = (uri: string, authority: string) =>
    new TextDecoder().decode(probeRequest(uri, authority));
  assert.equal(
    text("/up?deep=1", "127.0.0.1:8080"),
    "GET /up?deep=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n",
  );
  assert.equal(
    text("/é", "[::1]:80"),
    "GET /é HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n",
  );
});

Deno.test("isExpectedStatus() takes any 2xx, or exactly the one code", () => {
  for (const status of [200, 204, 299]) assert.ok(isExpectedStatus(status, ANY_SUCCESS));
  for (const status of [100, 199, 300, 404, 503]) {
    assert.ok(!isExpectedStatus(status, ANY_SUCCESS));
  }
  assert.ok(isExpectedStatus(503, 503));
  assert.ok(!isExpectedStatus(200, 204));
  assert.ok(!isExpectedStatus(205, 204));
});

Deno.test("ProbeReader steps over interim answers, however they arrive", () => {
  const early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX:\r\n\r\n";
  const rows: readonly (readonly [string, number])[] = [
    ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", 200],
    ["HTTP/1.1 100\r\n\r\nHTTP/1.1 204\r\n", 204],
    [`${early}${early}HTTP/1.1 102 P\r\n\r\nHTTP/1.0 503 No\r\n`, 503],
    [`${early.repeat(MAX_INTERIM_ANSWERS)}HTTP/1.1 200 OK\r\n`, 200],
    ["HTTP/1.1 101 Switching Protocols\r\n", 101],
  ];
  for (const [text, status] of rows) {
    expectAnswer(text, (answer) => assert.deepEqual(answer, { kind: "status", status }));
  }
  // Each has the room of a whole answer.
  const long = `HTTP/1.1 103 X\r\nLink: ${"a".repeat(4000)}\r\n\r\n`;
  const answer = answerTo([latin1Bytes(`${long}${long}HTTP/1.1 200 OK\r\n`)]);
  assert.deepEqual(answer, { kind: "status", status: 200 });
});

Deno.test("ProbeReader bounds interim answers and refuses malformed ones", () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ["HTTP/1.1 100 C\r\n\r\n".repeat(MAX_INTERIM_ANSWERS + 1), /^No status after 16 interim/],
    ["HTTP/1.1 100 C\r\n\nHTTP/1.1 200 OK\r\n", /^Invalid header name/],
    ["HTTP/1.1 103 X\r\nA: \x00\r\n\r\n", /^Invalid header value/],
    ["HTTP/1.1 100 C\r\n\r\nnonsense", /^Invalid protocol version/],
    [`HTTP/1.1 103 X\r\nA: ${"a".repeat(5000)}`, /^No status within the first 4096 bytes/],
  ];
  for (const [text, reason] of rows) {
    const answer = answerTo([latin1Bytes(text)]);
    assert.ok(answer.kind === "invalid", text);
    assert.match(answer.reason, reason);
  }
  assert.deepEqual(answerTo([latin1Bytes("HTTP/1.1 100 Continue\r\n\r\n")]), { kind: "more" });
});

Deno.test("ProbeReader knows the status once the status line is complete", () => {
  const lines: [string, number][] = [
    ["HTTP/1.1 200 OK\r\n", 200],
    ["HTTP/1.0 204 No Content\r\n", 204],
    ["HTTP/1.1 503 \r\n", 503],
  ];
  for (const [line, status] of lines) {
    expectAnswer(line, (answer) => assert.deepEqual(answer, { kind: "status", status }));
  }
});

Deno.test("ProbeReader asks for more until then", () => {
  const line = "HTTP/1.1 200 OK\r\n";
  for (let length = 1; length < line.length; length++) {
    const answer = answerTo([latin1Bytes(line.slice(0, length))]);
    assert.equal(answer.kind, "more", `after ${length} bytes`);
  }
});

Deno.test("ProbeReader refuses what is no HTTP/1 status line, at the first wrong byte", () => {
  const garbage = ["SSH-2.0", "HTTP/2 200 OK", "HTTP/1.1  200", "HTTP/1.1 2x", "HTTP/1.1 200 \0"];
  for (const text of garbage) {
    forEachDelivery(latin1Bytes(text), ({ chunks }) => {
      const answer = answerTo(chunks);
      assert.equal(answer.kind, "invalid", text);
      assert.match((answer as { reason: string }).reason, /^Invalid .*: expected /);
    });
  }
});

Deno.test("ProbeReader gives up when 4096 bytes hold no complete status line", () => {
  const line = (length: number) => `HTTP/1.1 200 ${"a".repeat(length - 15)}\r\n`;
  assert.equal(line(PROBE_ANSWER_BYTES).length, 4096);
  expectAnswer(
    line(PROBE_ANSWER_BYTES),
    (answer) => assert.deepEqual(answer, { kind: "status", status: 200 }),
  );
  expectAnswer(line(PROBE_ANSWER_BYTES + 1), (answer) =>
    assert.deepEqual(answer, {
      kind: "invalid",
      reason: "No status within the first 4096 bytes of the answer",
    }));
});
