import assert from "node:assert/strict";
import { nextTurn as turn } from "./turn.ts";
import { WriteQueue } from "./write_queue.ts";

/** A stream whose writes finish when the test says so. */
class HeldStream {
  readonly writes: number[][] = [];
  #release: (() => void) | null = null;

  readonly write = (bytes: Uint8Array): Promise<void> => {
    this.writes.push([...bytes]);
    return new Promise((resolve) => this.#release = resolve);
  };

  async release(): Promise<void> {
    this.#release?.();
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    await Promise.resolve();
  }
}

const fail = (error: unknown) => assert.fail(String(error));

Deno.test("WriteQueue joins what gathered while a write was under way, in order", async () => {
  const stream = new HeldStream();
  const queue = new WriteQueue(stream.write, 100, fail);
  queue.push(Uint8Array.of(1));
  queue.push(Uint8Array.of(2));
  await turn();
  queue.push(Uint8Array.of(3));
  queue.push(Uint8Array.of(4, 5));
  assert.deepEqual(stream.writes, [[1, 2]]);
  await stream.release();
  assert.deepEqual(stream.writes, [[1, 2], [3, 4, 5]]);
  assert.equal(queue.pending, 3);
  const flushed = queue.flushed();
  await stream.release();
  await flushed;
  assert.equal(queue.pending, 0);
});

Deno.test("WriteQueue refuses a chunk over its limit whole and takes more once drained", async () => {
  const stream = new HeldStream();
  const queue = new WriteQueue(stream.write, 4, fail);
  assert.equal(queue.push(Uint8Array.of(1, 2, 3)), true);
  assert.equal(queue.push(Uint8Array.of(4, 5)), false);
  await turn();
  assert.equal(queue.push(Uint8Array.of(4, 5)), false, "bytes being written still count");
  await stream.release();
  assert.equal(queue.push(Uint8Array.of(4, 5)), true);
  await turn();
  assert.deepEqual(stream.writes, [[1, 2, 3], [4, 5]]);
  queue.close();
});

Deno.test("WriteQueue splits a large backlog into writes of a bounded size", async () => {
  const sizes: number[] = [];
  const queue = new WriteQueue(
    (bytes) => {
      sizes.push(bytes.length);
      return Promise.resolve();
    },
    10_000_000,
    fail,
  );
  for (let i = 0; i < 1000; i++) queue.push(new Uint8Array(1000));
  await queue.flushed();
  assert.equal(sizes.reduce((sum, size) => sum + size, 0), 1_000_000);
  assert.ok(sizes.length <= 5, `${sizes.length} writes`);
  assert.ok(Math.max(...sizes) <= 256 * 1024);
});

Deno.test("WriteQueue reports a failed write once, wakes waiters and refuses more", async () => {
  const errors: unknown[] = [];
  const queue = new WriteQueue(
    () => Promise.reject(new Error("gone")),
    100,
    (error) => errors.push(error),
  );
  queue.push(Uint8Array.of(1));
  await queue.flushed();
  assert.equal(errors.length, 1);
  assert.equal(queue.push(Uint8Array.of(2)), false);
  assert.equal(queue.pending, 0);
});
