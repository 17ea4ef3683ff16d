import assert from "node:assert/strict";
import fc from "fast-check";
import { BufferPool } from "./buffer_pool.ts";

Deno.test("BufferPool lends buffers of its size and no more than its limit", () => {
  const pool = new BufferPool(100, 3);
  const buffers = [pool.take(), pool.take(), pool.take()];
  assert.ok(buffers.every((buffer) => buffer?.length === 100));
  assert.equal(pool.take(), null);
  assert.equal(pool.lent, 3);
});

Deno.test("BufferPool lends a returned buffer again", () => {
  const pool = new BufferPool(100, 1);
  const buffer = pool.take();
  assert.ok(buffer !== null);
  pool.give(buffer);
  assert.equal(pool.lent, 0);
  assert.equal(pool.take(), buffer);
});

Deno.test("BufferPool counts what is lent, not what it has carved", () => {
  const pool = new BufferPool(1024, 1000);
  pool.take();
  assert.equal(pool.lent, 1);
});

Deno.test("BufferPool serves sizes larger than a slab, and limits below one slab", () => {
  const large = new BufferPool(300 * 1024, 2);
  assert.equal(large.take()?.length, 300 * 1024);
  assert.equal(large.take()?.length, 300 * 1024);
  assert.equal(large.take(), null);
  assert.equal(new BufferPool(16, 0).take(), null);
});

Deno.test("BufferPool never lends bytes that another borrower holds", () => {
  const moves = fc.array(fc.boolean(), { maxLength: 200 });
  fc.assert(fc.property(moves, fc.integer({ min: 1, max: 40 }), (takes, limit) => {
    const pool = new BufferPool(64, limit);
    const held: Uint8Array[] = [];
    for (const [index, isTake] of takes.entries()) {
      if (isTake) {
        const buffer = pool.take();
        assert.equal(buffer === null, held.length === limit);
        if (buffer !== null) held.push(buffer.fill(index & 0xff));
      } else {
        const returned = held.shift();
        if (returned !== undefined) pool.give(returned.fill(0xff));
      }
      assert.equal(pool.lent, held.length);
    }
    // Overlapping buffers would have overwritten each other.
    for (const buffer of held) assert.ok(buffer.every((byte) => byte === buffer[0]));
    const ranges = held.map(({ buffer, byteOffset }) => [buffer, byteOffset] as const);
    assert.ok(
      ranges.every(([slab, offset], i) =>
        ranges.every(([other, at], j) => i === j || slab !== other || Math.abs(at - offset) >= 64)
      ),
    );
  }));
});
