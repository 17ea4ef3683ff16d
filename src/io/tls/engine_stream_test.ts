// What a stream inside TLS keeps in mind while its bytes come and go in the smallest pieces.

import assert from "node:assert/strict";
import type { ByteStream } from "../contracts.ts";
import { EngineTlsStream } from "./engine_stream.ts";
import type { TlsEngine } from "./engine.ts";

/** A stream that gives one byte a read, so often, and takes one byte a write. */
function dripping(pieces: number): ByteStream & { readonly written: number } {
  let left = pieces;
  let written = 0;
  return {
    get written() {
      return written;
    },
    read: () => Promise.resolve(left-- > 0 ? 1 : 0),
    write() {
      written++;
      return Promise.resolve(1);
    },
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
}

/** Stands for an engine in the middle of a record: whatever is received, no plaintext comes of it. */
function unfinished(output: Uint8Array): TlsEngine {
  const engine = {
    phase: "open",
    error: null,
    plaintextLength: 0,
    receive() {},
    encrypt() {},
    drain: () => output,
  };
  return engine as unknown as TlsEngine;
}

const PIECES = 1_000_000;
const MOST_BYTES = 24 * 1024 * 1024;

/** How much the heap grows while `work` waits for a great many small steps. */
async function growthDuring(work: () => Promise<unknown>): Promise<number> {
  const before = Deno.memoryUsage().heapUsed;
  await work();
  return Deno.memoryUsage().heapUsed - before;
}

Deno.test("a record that comes byte by byte is waited for without a promise for each byte", async () => {
  const stream = new EngineTlsStream(dripping(PIECES), unfinished(new Uint8Array(0)), null);
  let count = -1;
  const growth = await growthDuring(async () => count = await stream.read(new Uint8Array(64)));
  assert.equal(count, 0);
  assert.ok(growth < MOST_BYTES, `${growth} bytes`);
});

Deno.test("what is sent byte by byte is sent without a promise for each byte", async () => {
  const below = dripping(0);
  const stream = new EngineTlsStream(below, unfinished(new Uint8Array(PIECES)), null);
  let count = -1;
  const growth = await growthDuring(async () => count = await stream.write(new Uint8Array(64)));
  assert.deepEqual([count, below.written], [64, PIECES]);
  assert.ok(growth < MOST_BYTES, `${growth} bytes`);
});

Deno.test("ciphertext is freed once all of it was taken, and not before", async () => {
  const output = new Uint8Array(64 * 1024);
  const sizes: number[] = [];
  const below = dripping(0);
  below.write = (from) => {
    sizes.push(from.length);
    return Promise.resolve(Math.min(from.length, 48 * 1024));
  };
  const stream = new EngineTlsStream(below, unfinished(output), null);
  assert.equal(await stream.write(new Uint8Array(32)), 32);
  assert.deepEqual(sizes, [64 * 1024, 16 * 1024]);
  assert.equal(output.buffer.byteLength, 0);
});
