import assert from "node:assert/strict";
import { encodeV1 } from "../../../tests/support/session/proxy_headers.ts";
import type { ParseStep } from "./header.ts";
import { MAX_V1_SIZE, parseV1 } from "./v1.ts";

function parse(text: string): ParseStep {
  return parseV1(new TextEncoder().encode(text));
}

function done(step: ParseStep) {
  assert.ok(step.kind === "done", `expected a header, got ${JSON.stringify(step)}`);
  return step;
}

const TCP4 = "PROXY TCP4 125.25.10.1 10.4.5.8 8080 4200\r\n";
const TCP6 = "PROXY TCP6 2001:db8::1 2001:db8::2 9000 443\r\n";

Deno.test("parseV1() reads TCP4 and stops at the line end", () => {
  const { header, consumed } = done(parse(TCP4 + "GET / HTTP/1.1\r\n"));
  assert.equal(consumed, TCP4.length);
  assert.deepEqual(header, {
    version: 1,
    command: "PROXY",
    transport: "stream",
    addresses: {
      family: "inet",
      source: { ip: "125.25.10.1", port: 8080 },
      destination: { ip: "10.4.5.8", port: 4200 },
    },
    extensions: new Uint8Array(0),
  });
});

Deno.test("parseV1() reads TCP6 and writes addresses in their shortest form", () => {
  const { header } = done(parse("PROXY TCP6 2001:DB8:0:0::1 ::2 9000 443\r\n"));
  assert.deepEqual(header.addresses, {
    family: "inet6",
    source: { ip: "2001:db8::1", port: 9000 },
    destination: { ip: "::2", port: 443 },
  });
});

Deno.test("parseV1() ignores what follows UNKNOWN", () => {
  for (const text of ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 what ever 0 0\r\n"]) {
    const { header, consumed } = done(parse(text));
    assert.equal(header.addresses, null);
    assert.equal(header.transport, "unspec");
    assert.equal(consumed, text.length);
  }
});

Deno.test("parseV1() accepts the longest line and refuses one byte more", () => {
  const longest = `PROXY UNKNOWN ${"x".repeat(MAX_V1_SIZE - 16)}\r\n`;
  assert.equal(longest.length, MAX_V1_SIZE);
  assert.equal(done(parse(longest)).consumed, MAX_V1_SIZE);
  const tooLong = `PROXY UNKNOWN ${"x".repeat(MAX_V1_SIZE - 15)}\r\n`;
  for (const text of [tooLong, tooLong.slice(0, MAX_V1_SIZE)]) {
    const step = parse(text);
    assert.ok(step.kind === "error");
    assert.match(step.reason, /longer than 107 bytes/);
  }
});

Deno.test("parseV1() refuses malformed lines with a reason", () => {
  const rows: [string, RegExp][] = [
    ["X", /Byte 0 does not belong/],
    ["PROXX", /Byte 4 does not belong/],
    ["proxy ", /Byte 0 does not belong/],
    ["PROXY\t", /Byte 5 does not belong/],
    ["PROXY \r\n", /family is ""/],
    ["PROXY tcp4 1.2.3.4 1.2.3.4 1 1\r\n", /family is "tcp4"/],
    ["PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n", /family is "UDP4"/],
    ["PROXY UNKNOWNX\r\n", /family is "UNKNOWNX"/],
    ["PROXY TCP4\r\n", /"" is not an address of TCP4/],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", /"" is not a port/],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", /more than two addresses/],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n", /more than two addresses/],
    ["PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", /more than two addresses/],
    ["PROXY TCP4 1.2.3.4 ::1 1 1\r\n", /"::1" is not an address of TCP4/],
    ["PROXY TCP6 ::1 1.2.3.4 1 1\r\n", /"1.2.3.4" is not an address of TCP6/],
    ["PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n", /"fe80::1%eth0" is not an address/],
    ["PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n", /"01.2.3.4" is not an address/],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", /"65536" is not a port/],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 -1\r\n", /"-1" is not a port/],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", /"01" is not a port/],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 1\rX", /CR without LF/],
    ["PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", /not printable ASCII/],
    ["PROXY TCP4 1.2.3.4\0 1.2.3.4 1 1\r\n", /not printable ASCII/],
    ["PROXY TCP4 \u00e9", /not printable ASCII/],
  ];
  for (const [text, reason] of rows) {
    const step = parse(text);
    assert.ok(step.kind === "error", JSON.stringify(text));
    assert.match(step.reason, reason);
  }
});

Deno.test("parseV1() needs more at every cut, and never more than is missing", () => {
  for (const line of [TCP4, TCP6, "PROXY UNKNOWN\r\n", "PROXY TCP6 :: :: 0 0\r\n"]) {
    for (let end = 0; end < line.length; end++) {
      const step = parse(line.slice(0, end));
      assert.ok(step.kind === "need_more", `${JSON.stringify(line)} cut after ${end}`);
      assert.ok(step.atLeast >= 1 && step.atLeast <= line.length - end);
    }
  }
});

Deno.test("parseV1() is fed in few steps when each brings what was asked for", () => {
  for (
    const line of [TCP4, TCP6, "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP6 :: :: 0 0\r\n"]
  ) {
    let steps = 1;
    for (let end = 15;; steps++) {
      const step = parse(line.slice(0, end));
      if (step.kind === "done") break;
      assert.ok(step.kind === "need_more");
      end += step.atLeast;
      assert.ok(end <= line.length, line);
    }
    assert.ok(steps <= 7, `${JSON.stringify(line)} took ${steps}`);
  }
});

Deno.test("encodeV1() writes the exact line and parseV1() reads it back", () => {
  for (const line of [TCP4, TCP6, "PROXY UNKNOWN\r\n"]) {
    const encoded = encodeV1(done(parse(line)).header.addresses);
    assert.equal(new TextDecoder().decode(encoded), line);
  }
});
