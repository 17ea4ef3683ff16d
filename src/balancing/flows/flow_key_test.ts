import { equal, notEqual } from "node:assert/strict";
import { type FlowKey, flowKey, ReusableFlowKey, sourceKey } from "./flow_key.ts";

function hex(key: FlowKey | null): string | null {
  return key === null ? null : ((BigInt(key.high) << 32n) | BigInt(key.low)).toString(16);
}

function valueKey(text: string): string | null {
  const bytes = new TextEncoder().encode(`<${text}>`);
  return hex(new ReusableFlowKey().ofValue(bytes, 1, bytes.length - 1));
}

// Worked out apart from the code: another number would send every client elsewhere after an upgrade.
Deno.test("flow keys are the same in every release", () => {
  equal(hex(sourceKey("192.0.2.1")), "fa3315dcea06caf8");
  equal(hex(sourceKey("2001:db8::1")), "aaac807e61da699f");
  equal(valueKey("tenant-a"), "89a677bbc8f6872d");
  equal(valueKey("192.0.2.1"), "fd5a9562b9f8f7cd");
});

Deno.test("sourceKey() takes IPv4 that is written as IPv6 for IPv4, and nothing else", () => {
  equal(hex(sourceKey("::ffff:192.0.2.1")), hex(sourceKey("192.0.2.1")));
  equal(hex(sourceKey("::FFFF:c000:201")), hex(sourceKey("192.0.2.1")));
  for (const other of ["::192.0.2.1", "64:ff9b::192.0.2.1", "1::ffff:192.0.2.1"]) {
    notEqual(hex(sourceKey(other)), hex(sourceKey("192.0.2.1")), other);
  }
  equal(sourceKey("unix"), null);
  equal(sourceKey(""), null);
});

Deno.test("a value never has the key of the address that it spells", () => {
  for (const ip of ["192.0.2.1", "::1", "10.0.0.1"]) notEqual(valueKey(ip), hex(sourceKey(ip)));
});

Deno.test("ReusableFlowKey forgets what it was", () => {
  const key = new ReusableFlowKey();
  const bytes = new TextEncoder().encode("onetwo");
  const one = hex(key.ofValue(bytes, 0, 3));
  equal(hex(key.ofValue(bytes, 3, 6)), valueKey("two"));
  equal(hex(key.ofValue(bytes, 0, 3)), one);
});

Deno.test("flowKey() splits 64 bits", () => {
  equal(hex(flowKey(0x0123456789abcdefn)), "123456789abcdef");
  equal(hex(flowKey(0xffffffff00000001n)), "ffffffff00000001");
});
