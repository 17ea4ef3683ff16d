import assert from "node:assert/strict";
import fc from "fast-check";
import { formatIp, parseIp, parseIpv4, parseIpv6 } from "./ip_text.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

Deno.test("parseIp() reads every form of an IPv6 address", () => {
  const rows: [string, string][] = [
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["1::", "00010000000000000000000000000000"],
    ["2001:db8::1", "20010db8000000000000000000000001"],
    ["2001:DB8:0:0:0:0:0:1", "20010db8000000000000000000000001"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
    ["64:ff9b::192.0.2.1", "0064ff9b0000000000000000c0000201"],
    ["fe80::1%eth0", "fe800000000000000000000000000001"],
  ];
  for (const [text, hex] of rows) assert.deepEqual(parseIp(text), bytes(hex), text);
});

Deno.test("parseIpv6() refuses what is not one address", () => {
  const rows = [
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    ":1:2:3:4:5:6:7:8",
    "1.2.3.4::",
    "::1.2.3",
    "::1.2.3.256",
    "[::1]",
    " ::1",
    "1:2:3:4:5:6:7:1.2.3.4",
    "0".repeat(10_000) + "::",
  ];
  for (const text of rows) assert.equal(parseIpv6(text), null, text.slice(0, 40));
});

Deno.test("parseIpv4() refuses leading zeros, blanks and numbers out of range", () => {
  assert.deepEqual(parseIpv4("192.0.2.255"), Uint8Array.of(192, 0, 2, 255));
  const rows = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "256.1.1.1",
    "1.2.3.",
    " 1.2.3.4",
    "1.2.3.4 ",
  ];
  for (const text of [...rows, "0x1.2.3.4", "1e1.2.3.4"]) assert.equal(parseIpv4(text), null, text);
});

Deno.test("formatIp() writes the shortest form of RFC 5952", () => {
  const rows: [string, string][] = [
    ["c0000201", "192.0.2.1"],
    ["00000000000000000000000000000000", "::"],
    ["00000000000000000000000000000001", "::1"],
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["20010db8000000010001000000000001", "2001:db8:0:1:1::1"],
    ["20010db8000100000001000000010001", "2001:db8:1:0:1:0:1:1"],
    ["00010000000000000002000000000003", "1::2:0:0:3"],
    ["00000000000000000000ffffc0000201", "::ffff:192.0.2.1"],
    ["00010002000300040005000600070008", "1:2:3:4:5:6:7:8"],
  ];
  for (const [hex, text] of rows) assert.equal(formatIp(bytes(hex)), text);
});

Deno.test("parseIp() reads back what formatIp() writes", () => {
  const address = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
      .map((values) => Uint8Array.from(values)),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
  );
  fc.assert(fc.property(address, (ip) => assert.deepEqual(parseIp(formatIp(ip)), ip)));
});

Deno.test("parseIp() never throws, whatever the text", () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(":", "::", ".", "%", "1", "ffff", "255", "g")).map((p) => p.join("")),
  );
  fc.assert(fc.property(hostile, (text) => {
    const ip = parseIp(text);
    assert.ok(ip === null || ip.length === 4 || ip.length === 16);
  }));
});
