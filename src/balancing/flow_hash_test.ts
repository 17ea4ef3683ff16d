import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { addressBytes, FlowHash } from "./flow_hash.ts";
import { flowKey } from "./flows/flow_key.ts";

const MASK = (1n << 64n) - 1n;

/** The definition, in arithmetic that cannot be wrong about 64 bits. */
function reference(key: bigint, address: Uint8Array): bigint {
  let state = 0xcbf29ce484222325n ^ 0x9e3779b97f4a7c15n;
  const feed = (byte: bigint) => state = ((state ^ byte) * 0x100000001b3n) & MASK;
  for (let shift = 0n; shift < 64n; shift += 8n) feed((key >> shift) & 0xffn);
  for (const byte of address) feed(BigInt(byte));
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

Deno.test("FlowHash computes the same 64 bits as the definition", () => {
  const hash = new FlowHash();
  const key = fc.bigInt({ min: 0n, max: MASK });
  fc.assert(fc.property(key, fc.uint8Array({ maxLength: 20 }), (flow, address) => {
    hash.setKey(flowKey(flow));
    hash.setAddress(address);
    const expected = reference(flow, address);
    equal(hash.value, Number(expected));
    equal((BigInt(hash.high) << 32n) | BigInt(hash.low), expected);
    for (const divisor of [2, 3, 65_536, 65_537, 2 ** 20]) {
      equal(hash.modulo(divisor), Number(expected % BigInt(divisor)));
    }
    hash.setAddress(address);
    equal(hash.value, Number(expected));
  }));
});

Deno.test("addressBytes() writes family, octets and port little-endian", () => {
  deepEqual([...addressBytes("10.1.2.255", 0x1f90) ?? []], [4, 10, 1, 2, 255, 0x90, 0x1f]);
  const loopback = [...new Array<number>(15).fill(0), 1];
  deepEqual([...addressBytes("::1", 80) ?? []], [6, ...loopback, 80, 0]);
});

Deno.test("addressBytes() reads every notation of an IPv6 address", () => {
  const full = "2001:db8:0:0:0:ff00:42:8329";
  const expected = [...addressBytes(full, 1) ?? []];
  equal(expected.length, 19);
  deepEqual([...addressBytes("2001:DB8::ff00:42:8329", 1) ?? []], expected);
  deepEqual([...addressBytes("2001:db8::ff00:0042:8329%eth0", 1) ?? []], expected);
  deepEqual(
    [...addressBytes("::ffff:1.2.3.4", 1) ?? []],
    [...addressBytes("::ffff:102:304", 1) ?? []],
  );
  deepEqual(
    [...addressBytes("64:ff9b:0:0:0:0:1.2.3.4", 1) ?? []],
    [...addressBytes("64:ff9b::102:304", 1) ?? []],
  );
  deepEqual([...addressBytes("::1.2.3.4", 1) ?? []], [...addressBytes("::102:304", 1) ?? []]);
  deepEqual([...addressBytes("::", 1) ?? []].slice(1, 17), new Array<number>(16).fill(0));
});

Deno.test("addressBytes() is null for what is no address", () => {
  for (
    const host of [
      "",
      "localhost",
      "1.2.3",
      "1.2.3.256",
      "1::2::3",
      "1:2",
      ":::",
      "12345::",
      "1:2:3:4:5:6:7:8:9",
    ]
  ) {
    equal(addressBytes(host, 1), null, host);
  }
});
