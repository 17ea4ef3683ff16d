import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  compareAddresses,
  formatAddress,
  formatIp,
  normalizeAddress,
  parseAddress,
  parseIp,
} from "./address.ts";
import { arbitraryMessage } from "../../tests/support/config/arbitrary_messages.ts";
import { SocketAddress } from "../schema/messages.ts";

Deno.test("parseAddress() reads IPv4 as a big-endian number", () => {
  assert.deepEqual(parseAddress("127.0.0.1:8080"), {
    ip: { inner: { kind: "v4", value: 0x7f000001 } },
    port: 8080,
  });
});

Deno.test("parseAddress() puts the last eight bytes of IPv6 into low", () => {
  assert.deepEqual(parseAddress("[2001:db8::1]:443"), {
    ip: { inner: { kind: "v6", value: { high: 0x20010db800000000n, low: 1n } } },
    port: 443,
  });
});

Deno.test("parseAddress() refuses what is not an address with a port", () => {
  const refused = [
    "",
    ":80",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "127.0.0.1:+80",
    "127.0.0.1:123456",
    "127.0.0.01:80",
    "127.0.0.256:80",
    "127.0.0:80",
    "127.0.0.1.1:80",
    "[127.0.0.1]:80",
    "::1:80",
    "[::1]",
    "[::1]80",
    "[::1:80",
    "[1:2:3:4:5:6:7]:80",
    "[1:2:3:4:5:6:7:8:9]:80",
    "[1::2::3]:80",
    "[1:2:3:4::5:6:7:8]:80",
    "[::1.2.3.4.5]:80",
    "[1.2.3.4::]:80",
    "[12345::]:80",
    "[:::1]:80",
    "[fe80::1%eth0]:80",
    "localhost:80",
    " 127.0.0.1:80",
    "127.0.0.1:80 ",
  ];
  for (const text of refused) assert.equal(parseAddress(text), null, text);
});

Deno.test("formatAddress() writes canonical IPv6 texts", () => {
  const canonical: [string, string][] = [
    ["[0:0:0:0:0:0:0:0]:1", "[::]:1"],
    ["[0:0:0:0:0:0:0:1]:1", "[::1]:1"],
    ["[1:0:0:2:0:0:0:3]:1", "[1:0:0:2::3]:1"],
    ["[1:0:0:2:3:0:0:4]:1", "[1::2:3:0:0:4]:1"],
    ["[1:0:2:3:4:5:6:7]:1", "[1:0:2:3:4:5:6:7]:1"],
    ["[2001:DB8::]:1", "[2001:db8::]:1"],
    ["[::FFFF:1.2.3.4]:1", "[::ffff:1.2.3.4]:1"],
    ["[64:ff9b::1.2.3.4]:1", "[64:ff9b::102:304]:1"],
  ];
  for (const [given, expected] of canonical) {
    const parsed = parseAddress(given);
    assert.ok(parsed !== null, given);
    assert.equal(formatAddress(parsed), expected);
  }
});

Deno.test("formatAddress() is reversed by parseAddress() for every address", () => {
  fc.assert(fc.property(arbitraryMessage(SocketAddress), (address) => {
    const parsed = parseAddress(formatAddress(address));
    assert.deepEqual(parsed, normalizeAddress(address));
  }));
});

Deno.test("normalizeAddress() cuts ports to 16 bits and fills in a missing IP", () => {
  assert.equal(formatAddress({ ip: { inner: null }, port: 0x10050 }), "0.0.0.0:80");
});

Deno.test("parseIp() reads both families and formatIp() writes them back", () => {
  for (const text of ["10.0.0.1", "::1", "2001:db8::8:800:200c:417a"]) {
    const parsed = parseIp(text);
    assert.ok(parsed !== null, text);
    assert.equal(formatIp(parsed), text);
  }
  assert.equal(parseIp("10.0.0.1:80"), null);
});

Deno.test("compareAddresses() puts IPv4 first, then orders by IP and port", () => {
  const sorted = ["9.0.0.1:2", "10.0.0.1:1", "10.0.0.1:9", "200.0.0.1:1", "[::1]:5", "[1::]:1"];
  const parsed = sorted.map((text) => parseAddress(text)).filter((each) => each !== null);
  const shuffled = [...parsed].reverse().sort(compareAddresses);
  assert.deepEqual(shuffled.map(formatAddress), sorted);
});
