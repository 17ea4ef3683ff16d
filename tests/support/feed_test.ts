import assert from "node:assert/strict";
import fc from "fast-check";
import { deliveries, forEachDelivery } from "./feed.ts";
import { concat } from "./http/raw_client.ts";

Deno.test("deliveries() always add up to the message and what trails it", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 5 }), (
    bytes,
    trailing,
  ) => {
    for (const delivery of deliveries(bytes, { trailing })) {
      const expected = delivery.trailing > 0 ? concat([bytes, trailing]) : bytes;
      assert.deepEqual(concat(delivery.chunks), expected, delivery.how);
      if (bytes.length > 0) assert.ok(delivery.chunks.every((chunk) => chunk.length > 0));
    }
  }));
});

Deno.test("deliveries() hand out copies: a parser that overwrites its input harms nobody", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  forEachDelivery(bytes, (delivery) => delivery.chunks.forEach((chunk) => chunk.fill(0)));
  assert.deepEqual(bytes, Uint8Array.of(1, 2, 3));
});

Deno.test("forEachDelivery() names the delivery in a failure", () => {
  assert.throws(
    () =>
      forEachDelivery(Uint8Array.of(1, 2), (delivery) => assert.equal(delivery.chunks.length, 1)),
    /fed byte by byte/,
  );
});
