import assert from "node:assert/strict";
import fc from "fast-check";
import { targets, tokens, wireFieldLists } from "../../../tests/support/h1_messages.ts";
import {
  feedHead,
  fieldLines,
  latin1Bytes,
  readRequest,
  readResponse,
  whole,
} from "../../../tests/support/h1_reading.ts";
import { asciiBytes, asciiText } from "../../bytes/ascii.ts";
import { FieldFlag, type MessageHead } from "../http/message_head.ts";
import { ReadStatus } from "./field_reader.ts";
import { type HeadReader, requestHeadReader, responseHeadReader } from "./head_reader.ts";
import {
  writeLineEnd,
  writeRequestHead,
  writeResponseHead,
  writtenHeadBound,
} from "./head_writer.ts";

const START = 5;

function parse(reader: HeadReader, text: string): MessageHead {
  assert.equal(feedHead(reader, whole(text)), ReadStatus.DONE, JSON.stringify(text));
  return reader.head;
}

function request(startLine: string, ...lines: string[]): MessageHead {
  return parse(requestHeadReader(), [startLine, ...lines, "", ""].join("\r\n"));
}

/** Writes between sentinels, which must survive, and within the announced bound. */
function write(
  head: MessageHead,
  writeHead: (head: MessageHead, target: Uint8Array, at: number) => number,
): string {
  const bound = writtenHeadBound(head);
  const target = new Uint8Array(START + bound + 5).fill(0xee);
  const end = writeHead(head, target, START);
  assert.ok(end - START <= bound, `${end - START} bytes, announced ${bound}`);
  assert.ok(target.subarray(0, START).every((byte) => byte === 0xee));
  assert.ok(target.subarray(end).every((byte) => byte === 0xee));
  return asciiText(target, START, end);
}

function written(startLine: string, ...lines: string[]): string[] {
  return write(request(startLine, ...lines), writeRequestHead).split("\r\n");
}

Deno.test("writeRequestHead() leaves a canonical head as it is", () => {
  const lines = ["GET /x HTTP/1.1", "hOsT: a.test", "B: 2", "c: "];
  assert.deepEqual(written(lines[0] as string, ...lines.slice(1)), [...lines, ""]);
  assert.deepEqual(written("GET / HTTP/1.0", "Host: a"), ["GET / HTTP/1.0", "Host: a", ""]);
});

Deno.test("writeRequestHead() moves Host to the second line", () => {
  assert.deepEqual(
    written("GET / HTTP/1.1", "A: 1", "host: a.test:80", "B: 2"),
    ["GET / HTTP/1.1", "Host: a.test:80", "A: 1", "B: 2", ""],
  );
  assert.deepEqual(
    written("GET / HTTP/1.1", "A: 1", "host: a.test"),
    ["GET / HTTP/1.1", "Host: a.test", "A: 1", ""],
  );
});

Deno.test("writeRequestHead() writes the authority the request was routed by", () => {
  // RFC 9112 §3.2.1: an origin is sent the origin-form, whatever form the client used.
  const rows = [
    ["GET", "http://b.test:8/x", "/x"],
    ["GET", "http://u@b.test:8", "/"],
    ["GET", "http://b.test:8?q", "/?q"],
    ["GET", "ftp://b.test:8//a?b", "//a?b"],
    ["OPTIONS", "http://b.test:8", "*"],
    ["OPTIONS", "http://b.test:8/", "/"],
    ["OPTIONS", "http://b.test:8?q", "/?q"],
  ] as const;
  for (const [method, target, path] of rows) {
    const expected = (version: string) => [
      `${method} ${path} HTTP/${version}`,
      "Host: b.test:8",
      "A: 1",
      "",
    ];
    const start = `${method} ${target} HTTP/1.1`;
    assert.deepEqual(written(start, "Host: a.test", "A: 1"), expected("1.1"));
    assert.deepEqual(written(start, "A: 1", "Host: a.test"), expected("1.1"));
    assert.deepEqual(written(start, "Host: b.test:8", "A: 1"), expected("1.1"));
    assert.deepEqual(written(`${method} ${target} HTTP/1.0`, "A: 1"), expected("1.0"));
  }
  for (const lines of [["Host: a.test", "A: 1"], ["A: 1", "Host: a.test"], ["A: 1"]]) {
    assert.deepEqual(
      written("CONNECT b.test:8 HTTP/1.1", ...lines),
      ["CONNECT b.test:8 HTTP/1.1", "Host: b.test:8", "A: 1", ""],
    );
  }
});

Deno.test("writeRequestHead() spells every line `name: value`", () => {
  assert.deepEqual(
    written("GET / HTTP/1.1", "Host:a", "A:1", "B:  2", "C: 3 ", "D:", "E: \t", "F: f"),
    ["GET / HTTP/1.1", "Host: a", "A: 1", "B: 2", "C: 3", "D: ", "E: ", "F: f", ""],
  );
});

Deno.test("writeRequestHead() leaves out what is flagged, wherever it stands", () => {
  for (let dropped = 1; dropped < 16; dropped++) {
    const head = request("GET / HTTP/1.1", "Host: a", "A: 1", "B:2", "C: 3", "D:4");
    const kept = ["A: 1", "B: 2", "C: 3", "D: 4"].filter((_, i) => (dropped & (1 << i)) === 0);
    for (let i = 0; i < 4; i++) if ((dropped & (1 << i)) !== 0) head.flag(i + 1, FieldFlag.DROP);
    const text = write(head, writeRequestHead);
    assert.deepEqual(text.split("\r\n"), ["GET / HTTP/1.1", "Host: a", ...kept, ""]);
  }
});

Deno.test("writeRequestHead() continues values with their suffixes", () => {
  const head = request("GET / HTTP/1.1", "Host: a", "A:1", "B: 2", "C: 3");
  head.addSuffix(3, asciiBytes(", three"));
  head.addSuffix(1, asciiBytes(", one"));
  const text = write(head, writeRequestHead);
  assert.deepEqual(
    text.split("\r\n"),
    ["GET / HTTP/1.1", "Host: a", "A: 1, one", "B: 2", "C: 3, three", ""],
  );
});

Deno.test("writeRequestHead() writes a replaced value in place of the old one", () => {
  const head = request("GET / HTTP/1.1", "Host: a", "A: 1", "Cookie:x=y; z=1", "B: 2");
  head.replaceValue(2, asciiBytes("x=y"));
  const text = write(head, writeRequestHead);
  assert.deepEqual(text.split("\r\n"), [
    "GET / HTTP/1.1",
    "Host: a",
    "A: 1",
    "Cookie: x=y",
    "B: 2",
    "",
  ]);
});

Deno.test("writeRequestHead() writes another target and authority when it is told to", () => {
  const heads = [["Host: a", "A: 1"], ["A: 1", "Host:a"]];
  for (const lines of heads) {
    const both = request("GET /old HTTP/1.0", ...lines);
    both.authorityOverride = asciiBytes("other.test:8080");
    both.targetOverride = asciiBytes("/a-longer/target");
    assert.deepEqual(
      write(both, writeRequestHead).split("\r\n"),
      ["GET /a-longer/target HTTP/1.0", "Host: other.test:8080", "A: 1", ""],
    );
    const target = request("GET /old HTTP/1.0", ...lines);
    target.targetOverride = asciiBytes("/");
    assert.deepEqual(
      write(target, writeRequestHead).split("\r\n"),
      ["GET / HTTP/1.0", "Host: a", "A: 1", ""],
    );
    const authority = request("GET /old HTTP/1.0", ...lines);
    authority.authorityOverride = asciiBytes("b");
    assert.deepEqual(
      write(authority, writeRequestHead).split("\r\n"),
      ["GET /old HTTP/1.0", "Host: b", "A: 1", ""],
    );
  }
});

Deno.test("writeRequestHead() writes the same when it is called again", () => {
  const head = request("GET / HTTP/1.1", "A: 1", "Host: a", "B:2");
  assert.equal(write(head, writeRequestHead), write(head, writeRequestHead));
});

Deno.test("writeResponseHead() keeps status line and order", () => {
  const lines = ["HTTP/1.0 200 All  right ", "A:1", "B: 2", "Host: a", "Content-Length: 0"];
  const head = parse(responseHeadReader(), [...lines, "", ""].join("\r\n"));
  const text = write(head, writeResponseHead);
  assert.equal(
    text,
    "HTTP/1.0 200 All  right \r\nA: 1\r\nB: 2\r\nHost: a\r\nContent-Length: 0\r\n",
  );
  const bare = parse(responseHeadReader(), "HTTP/1.1 204 \r\n\r\n");
  assert.equal(write(bare, writeResponseHead), "HTTP/1.1 204 \r\n");
});

Deno.test("writtenHeadBound() counts the space that every line may gain", () => {
  const lines = Array.from({ length: 50 }, (_, i) => `A${i}:1`);
  const spelled = lines.map((line) => line.replace(":", ": "));
  const head = parse(responseHeadReader(), ["HTTP/1.1 204 ", ...lines, "", ""].join("\r\n"));
  // The helper checks the bound.
  const text = write(head, writeResponseHead);
  assert.equal(text, ["HTTP/1.1 204 ", ...spelled, ""].join("\r\n"));
});

Deno.test("writeLineEnd() writes CR LF and tells the position behind it", () => {
  const target = new Uint8Array(4).fill(0xee);
  assert.equal(writeLineEnd(target, 1), 3);
  assert.deepEqual(target, Uint8Array.of(0xee, 0x0d, 0x0a, 0xee));
});

Deno.test("writeRequestHead() writes what reads as the same request, with one Host in front", () => {
  fc.assert(
    fc.property(
      tokens,
      targets,
      wireFieldLists,
      fc.nat(70),
      fc.constantFrom("Host: h.test\r\n", "host:h.test \r\n"),
      (method, target, fields, position, hostLine) => {
        fc.pre(method.toLowerCase() !== "connect");
        const lines = fields.map(({ line }) => line);
        lines.splice(position, 0, hostLine);
        const head = parse(
          requestHeadReader(),
          `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`,
        );
        const text = write(head, writeRequestHead);
        const again = readRequest(whole(`${text}\r\n`));
        assert.equal(again.status, ReadStatus.DONE);
        assert.equal(again.start, `${method} ${target} HTTP/1.1\r\n`);
        const kept = fields.map(({ name, value }) => `${name}: ${value}`);
        const [first = "", ...others] = again.fields;
        assert.equal(first.toLowerCase(), "host: h.test");
        assert.deepEqual(others, kept);
        assert.equal(text, again.start + again.fields.map((line) => `${line}\r\n`).join(""));
      },
    ),
  );
});

Deno.test("writeResponseHead() writes what reads as the same response", () => {
  fc.assert(fc.property(wireFieldLists, fc.integer({ min: 100, max: 999 }), (fields, status) => {
    const text = `HTTP/1.1 ${status} x\r\n${fields.map(({ line }) => line).join("")}\r\n`;
    const head = parse(responseHeadReader(), text);
    const output = write(head, writeResponseHead);
    const again = readResponse([latin1Bytes(`${output}\r\n`)]);
    assert.equal(again.status, ReadStatus.DONE);
    assert.equal(again.statusCode, status);
    assert.deepEqual(again.fields, fieldLines(head));
    assert.equal(output, again.start + again.fields.map((line) => `${line}\r\n`).join(""));
  }));
});
