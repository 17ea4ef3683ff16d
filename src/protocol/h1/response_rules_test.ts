import assert from "node:assert/strict";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import {
  feedHead,
  type HeadReading,
  latin1Bytes,
  readResponse,
  whole,
} from "../../../tests/support/h1_reading.ts";
import { asciiText } from "../../bytes/ascii.ts";
import { BodyFraming } from "../http/message_head.ts";
import { ReadStatus } from "./field_reader.ts";
import { responseHeadReader } from "./head_reader.ts";
import { writeResponseHead } from "./head_writer.ts";
import { Problem } from "./problem.ts";
import { responsePersists } from "./response_rules.ts";

const CHUNKED = "Transfer-Encoding: chunked";

function head(startLine: string, ...lines: string[]): string {
  return [`HTTP/${startLine}`, ...lines, "", ""].join("\r\n");
}

function read(text: string, toHead = false): HeadReading {
  const expected = readResponse(whole(text), { toHead });
  forEachDelivery(latin1Bytes(text), ({ chunks }) => {
    assert.deepEqual(readResponse(chunks, { toHead }), expected);
  }, { trailing: latin1Bytes("HTTP/1.1 200 OK\r\n\r\n"), randomSplits: 3 });
  return expected;
}

function framing(text: string, toHead = false): number {
  const reading = read(text, toHead);
  assert.equal(reading.problem, Problem.NONE, text);
  return reading.framing;
}

/** The head as it is passed on. */
function written(text: string): string {
  const reader = responseHeadReader();
  assert.equal(feedHead(reader, whole(text)), ReadStatus.DONE);
  const out = new Uint8Array(500);
  return asciiText(out, 0, writeResponseHead(reader.head, out, 0));
}

Deno.test("checkResponse() finds the end of the body", () => {
  assert.equal(framing(head("1.1 200 OK", "Content-Length: 5")), BodyFraming.LENGTH);
  assert.equal(framing(head("1.1 200 OK", CHUNKED)), BodyFraming.CHUNKED);
  assert.equal(framing(head("1.1 200 OK")), BodyFraming.UNTIL_CLOSE);
  assert.equal(framing(head("1.0 200 OK")), BodyFraming.UNTIL_CLOSE);
  assert.equal(read(head("1.1 200 OK", "Content-Length: 77")).contentLength, 77);
});

Deno.test("checkResponse() sees no body in 1xx, 204, 304 and after HEAD, whatever the fields say", () => {
  for (const fields of [[], ["Content-Length: 5"], [CHUNKED], ["Content-Length: 5", CHUNKED]]) {
    for (const status of ["100 Continue", "101 Switching Protocols", "103 Early Hints", "199 x"]) {
      assert.equal(framing(head(`1.1 ${status}`, ...fields)), BodyFraming.NONE, status);
    }
    assert.equal(framing(head("1.1 204 No Content", ...fields)), BodyFraming.NONE);
    assert.equal(framing(head("1.1 304 Not Modified", ...fields)), BodyFraming.NONE);
    assert.equal(framing(head("1.1 200 OK", ...fields), true), BodyFraming.NONE);
    assert.notEqual(framing(head("1.1 200 OK", ...fields)), BodyFraming.NONE);
  }
});

Deno.test("checkResponse() minds no stray Transfer-Encoding where there is no body", () => {
  for (const coding of ["10", "identity", "gzip", "chunked, gzip", ""]) {
    const field = `Transfer-Encoding: ${coding}`;
    assert.equal(framing(head("1.1 101 Switching Protocols", field)), BodyFraming.NONE);
    assert.equal(framing(head("1.1 304 Not Modified", field, CHUNKED)), BodyFraming.NONE);
    assert.equal(framing(head("1.1 200 OK", field), true), BodyFraming.NONE);
    assert.equal(read(head("1.1 200 OK", field)).problem, Problem.TRANSFER_ENCODING);
  }
});

Deno.test("checkResponse() refuses what a client could read in two ways", () => {
  const rows: readonly (readonly [string[], Problem])[] = [
    [["Content-Length: 5", "Content-Length: 6"], Problem.CONTENT_LENGTH_CONFLICT],
    [["Content-Length: +5"], Problem.CONTENT_LENGTH],
    [["Content-Length: 5, 5"], Problem.CONTENT_LENGTH],
    [["Transfer-Encoding: xchunked"], Problem.TRANSFER_ENCODING],
    [["Transfer-Encoding: gzip, chunked"], Problem.TRANSFER_ENCODING],
    [["Transfer-Encoding: identity, chunked"], Problem.TRANSFER_ENCODING],
    [[CHUNKED, CHUNKED], Problem.TRANSFER_ENCODING],
    [["a: \xe9\x7f"], Problem.FIELD_VALUE],
    [["a\xe9: 1"], Problem.FIELD_NAME],
    [["a : 1"], Problem.FIELD_NAME],
  ];
  for (const [lines, problem] of rows) {
    const reading = read(head("1.1 200 OK", ...lines));
    assert.deepEqual([reading.status, reading.problem], [ReadStatus.BAD, problem], lines.join());
  }
});

Deno.test("checkResponse() lets chunked win over Content-Length, which is not passed on", () => {
  for (const lines of [["Content-Length: 5", CHUNKED], [CHUNKED, "Content-Length: 5"]]) {
    const text = head("1.1 200 OK", "a: 1", ...lines, "b: 2");
    assert.equal(framing(text), BodyFraming.CHUNKED);
    assert.equal(read(text).contentLength, 0);
    assert.equal(written(text), `HTTP/1.1 200 OK\r\na: 1\r\n${CHUNKED}\r\nb: 2\r\n`);
  }
});

Deno.test("checkResponse() passes no framing on where there is no body", () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ["1.1 103 Early Hints", false],
    ["1.1 101 Switching Protocols", false],
    ["1.1 204 No Content", false],
    ["1.1 304 Not Modified", true],
  ];
  for (const [start, keepsLength] of rows) {
    for (const encoding of [CHUNKED, "Transfer-Encoding: gzip", "transfer-encoding: a\r\nTE: b"]) {
      const kept = encoding.includes("TE: b") ? "TE: b\r\n" : "";
      const expected = `HTTP/${start}\r\na: 1\r\n${kept}`;
      assert.equal(written(head(start, "a: 1", encoding)), expected);
      assert.equal(written(head(start, "Content-Length: 3", "a: 1", encoding)), expected);
    }
    const length = keepsLength ? "Content-Length: 3\r\n" : "";
    assert.equal(written(head(start, "Content-Length: 3")), `HTTP/${start}\r\n${length}`);
  }
});

Deno.test("checkResponse() takes blanks around framing values, which are written without", () => {
  const start = "1.1 200 OK";
  assert.equal(framing(head(start, "Transfer-Encoding:chunked\t ")), BodyFraming.CHUNKED);
  assert.equal(read(head(start, "Content-Length:\t3 ")).contentLength, 3);
  assert.equal(
    written(head(start, "Content-Length:3 ")),
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
  );
});

Deno.test("checkResponse() passes obs-text in values on, byte for byte", () => {
  const text = head("1.1 200 Tr\xc3\xa8s bien", "a: \xc3\xa9", "b:\xe9\xff ");
  assert.equal(written(text), "HTTP/1.1 200 Tr\xc3\xa8s bien\r\na: \xc3\xa9\r\nb: \xe9\xff\r\n");
});

Deno.test("a status line without a reason is read, and written with the space before it", () => {
  for (const line of ["1.1 200", "1.1 200 "]) {
    const text = head(line, "Content-Length: 3");
    assert.equal(framing(text), BodyFraming.LENGTH);
    assert.equal(written(text), "HTTP/1.1 200 \r\nContent-Length: 3\r\n");
    assert.equal(written(head(line)), "HTTP/1.1 200 \r\n");
  }
  for (const line of ["1.1 20", "1.1 2000", "1.1 200\t", "1.1 099", "1.1 200\n", "1.1"]) {
    assert.equal(read(head(line)).status, ReadStatus.BAD, line);
  }
});

Deno.test("checkResponse() passes one of several equal Content-Length fields on", () => {
  const text = head("1.1 200 OK", "Content-Length: 5", "a: 1", "content-length: 05");
  assert.equal(written(text), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\na: 1\r\n");
});

Deno.test("responsePersists() follows version, Connection and framing", () => {
  const rows: readonly (readonly [string, string[], boolean])[] = [
    ["1.1", ["Content-Length: 0"], true],
    ["1.1", [CHUNKED], true],
    ["1.1", [], false],
    ["1.1", ["Content-Length: 0", "Connection: close"], false],
    ["1.1", ["Content-Length: 0", "Connection: x, CLOSE"], false],
    ["1.0", ["Content-Length: 0"], false],
    ["1.0", ["Content-Length: 0", "Connection: keep-alive"], true],
    // Framing that should not exist: the backend may mean something else.
    ["1.1", ["Content-Length: 0", CHUNKED], false],
    ["1.0", [CHUNKED, "Connection: keep-alive"], false],
  ];
  for (const [version, lines, persists] of rows) {
    const reader = responseHeadReader();
    assert.equal(feedHead(reader, whole(head(`${version} 200 OK`, ...lines))), ReadStatus.DONE);
    assert.equal(responsePersists(reader.head), persists, `${version} ${lines}`);
  }
});
