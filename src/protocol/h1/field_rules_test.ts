import assert from "node:assert/strict";
import fc from "fast-check";
import { latin1Bytes } from "../../../tests/support/h1_reading.ts";
import { BodyFraming, Field, FieldFlag, MessageHead } from "../http/message_head.ts";
import { FieldReader, ReadStatus } from "./field_reader.ts";
import { readConnection, readContentLength, readTransferEncoding } from "./field_rules.ts";
import { Problem } from "./problem.ts";

function fields(...lines: string[]): MessageHead {
  const bytes = latin1Bytes([...lines, "", ""].join("\r\n"));
  const head = new MessageHead(bytes);
  head.reset(bytes, 0);
  const reader = new FieldReader();
  reader.begin(0);
  assert.equal(reader.read(head, bytes.length), ReadStatus.DONE, lines.join());
  return head;
}

function lengthOf(value: string): number | Problem[] {
  const head = fields(`Content-Length:${value}`);
  const problem = readContentLength(head, 0);
  return problem === Problem.NONE ? head.contentLength : [problem];
}

Deno.test("readContentLength() reads digits and nothing else", () => {
  for (const value of ["0", "5", "05", "000000000000005", "999999999999999"]) {
    assert.equal(lengthOf(` ${value}`), Number(value), value);
  }
  const refused = ["", " ", "+5", "-5", "5,5", "5, 5", "5;5", "0x5", "5a", "a", "5 5"];
  refused.push("5.0", "1e3", "1_000", '"5"', "9999999999999999", "18446744073709551617");
  refused.push("0000000000000005");
  for (const value of refused) {
    assert.deepEqual(lengthOf(` ${value}`), [Problem.CONTENT_LENGTH], value);
  }
  assert.equal(lengthOf("5"), 5);
  assert.equal(lengthOf("\t 5"), 5);
  // RFC 9110 §5.5: blanks around a value are no part of it.
  assert.equal(lengthOf(" 5 "), 5);
  assert.equal(lengthOf("5\t \t"), 5);
});

Deno.test("readContentLength() agrees with the number for every length that can be counted", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (length) => {
    assert.equal(lengthOf(` ${length}`), length);
  }));
});

Deno.test("readContentLength() drops a repetition that agrees and refuses one that does not", () => {
  const head = fields("Content-Length: 5", "Content-Length: 5");
  assert.equal(readContentLength(head, 0), Problem.NONE);
  assert.equal(readContentLength(head, 1), Problem.NONE);
  assert.equal(head.at(0, Field.KIND) & FieldFlag.DROP, 0);
  assert.notEqual(head.at(1, Field.KIND) & FieldFlag.DROP, 0);
  const differing = fields("Content-Length: 0", "Content-Length: 5");
  assert.equal(readContentLength(differing, 0), Problem.NONE);
  assert.equal(readContentLength(differing, 1), Problem.CONTENT_LENGTH_CONFLICT);
});

Deno.test("readTransferEncoding() wants `chunked` and nothing else", () => {
  const accepted = ["chunked", "CHUNKED", "chunked ", "\tchunked\t "];
  for (const value of accepted) {
    const head = fields(`Transfer-Encoding: ${value}`);
    assert.equal(readTransferEncoding(head, 0), Problem.NONE, value);
    assert.equal(head.framing, BodyFraming.CHUNKED);
  }
  const refused = [
    "",
    "identity",
    "gzip",
    "xchunked",
    "chunkedx",
    "chunke",
    "identity, chunked",
    "gzip, chunked",
    "gzip,chunked",
    "a,b,\t chunked",
  ];
  refused.push(
    "chunked,",
    "chunked, ",
    ", chunked",
    ",chunked",
    "chunked, gzip",
    "chunked, chunked",
  );
  refused.push("chunked, identity", "gzip chunked", "gzip , chunked", "chunked;q=1", '"chunked"');
  refused.push(
    "gzip,,chunked",
    "gzip, ,chunked",
    "gzip;chunked",
    "chunked ,",
    "x=chunked",
    "[chunked]",
  );
  for (const value of refused) {
    const head = fields(`Transfer-Encoding: ${value}`);
    assert.equal(readTransferEncoding(head, 0), Problem.TRANSFER_ENCODING, value);
    assert.equal(head.framing, BodyFraming.NONE);
  }
});

Deno.test("readConnection() finds its options in any case, anywhere in the list", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["close", "close"],
    ["Keep-Alive", "keepAlive"],
    ["UPGRADE", "upgrade"],
    ["keep-alive, Upgrade", "keepAlive upgrade"],
    [",, close ,", "close"],
    ["x-foo", "names"],
    ["close,x-foo\tkeep-alive", "close keepAlive names"],
    ["closed", "names"],
    ["", ""],
    [" , ,", ""],
  ];
  for (const [value, expected] of rows) {
    const head = fields(`Connection: ${value}`);
    assert.equal(readConnection(head, 0), Problem.NONE);
    const found = [
      head.connectionClose ? "close" : "",
      head.connectionKeepAlive ? "keepAlive" : "",
      head.connectionUpgrade ? "upgrade" : "",
      head.connectionNames ? "names" : "",
    ].filter((name) => name !== "").join(" ");
    assert.equal(found, expected, value);
  }
});

Deno.test("readConnection() bounds the options of all fields together", () => {
  const half = Array.from({ length: 16 }, (_, i) => `n${i}`).join(",");
  const full = fields(`Connection: ${half}`, `Connection: ${half}`, "Connection: close");
  assert.equal(readConnection(full, 0), Problem.NONE);
  assert.equal(readConnection(full, 1), Problem.NONE);
  assert.equal(readConnection(full, 2), Problem.CONNECTION_OPTIONS);
});
