import assert from "node:assert/strict";
import { crc32c } from "./crc32c.ts";

Deno.test("crc32c() gives the values of RFC 3720 appendix B.4", () => {
  const rows: [Uint8Array, number][] = [
    [new Uint8Array(0), 0],
    [new TextEncoder().encode("123456789"), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ];
  for (const [bytes, sum] of rows) assert.equal(crc32c(bytes), sum);
});

Deno.test("crc32c() takes a range as zero without touching it", () => {
  const bytes = new Uint8Array(32).fill(0xff, 4, 8);
  assert.equal(crc32c(bytes, 4, 8), 0x8a9136aa);
  assert.equal(bytes[4], 0xff);
});
