import assert from "node:assert/strict";
import { bucketName, SOURCE_BUCKETS, sourceBucket } from "./source_bucket.ts";

Deno.test("sourceBucket() puts addresses of one /24 or /48 into one bucket", () => {
  const networks = [
    ["192.0.2.1", "192.0.2.254", "::ffff:192.0.2.7"],
    ["10.1.2.3", "10.1.2.4"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::1", "2001:db8:1:ffff::", "2001:db8:1::"],
    ["2001:db8::1", "2001:db8::", "2001:db8:0:1:2:3:4:5"],
    ["::1", "::"],
    ["::1:2:3:4:5:6", "0:0:1:7::"],
  ];
  for (const addresses of networks) {
    assert.equal(new Set(addresses.map(sourceBucket)).size, 1, addresses.join(" "));
  }
});

Deno.test("sourceBucket() spreads networks over all buckets, evenly", () => {
  for (
    const address of [
      (i: number) => `10.${i >> 8}.${i & 255}.9`,
      (i: number) => `2001:db8:${(i + 1).toString(16)}::1`,
    ]
  ) {
    const counts = new Array<number>(SOURCE_BUCKETS).fill(0);
    for (let i = 0; i < 16_384; i++) {
      const bucket = sourceBucket(address(i));
      counts[bucket] = (counts[bucket] ?? Number.NaN) + 1;
    }
    assert.ok(Math.min(...counts) >= 20 && Math.max(...counts) <= 120, counts.join());
  }
});

Deno.test("bucketName() has three digits", () => {
  assert.equal(bucketName(7), "client.connect.per_source.bucket_007");
  assert.equal(bucketName(255), "client.connect.per_source.bucket_255");
});
