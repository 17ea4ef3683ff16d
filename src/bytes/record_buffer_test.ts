import assert from "node:assert/strict";
import { RecordBuffer } from "./record_buffer.ts";

const LIMITS = { bytes: 100_000, records: 200 };

function append(buffer: RecordBuffer, text: string, limits = LIMITS): boolean {
  const bytes = new TextEncoder().encode(text);
  if (!buffer.reserve(bytes.length, limits)) return false;
  buffer.bytes.set(bytes, buffer.length);
  buffer.commit(buffer.length + bytes.length);
  return true;
}

Deno.test("RecordBuffer keeps records in order and knows where each ends", () => {
  const buffer = new RecordBuffer();
  for (let i = 0; i < 150; i++) assert.ok(append(buffer, String(i).repeat(100)));
  assert.equal(buffer.count, 150);
  const text = (i: number) =>
    new TextDecoder().decode(buffer.bytes.subarray(buffer.endOf(i - 1), buffer.endOf(i)));
  assert.equal(text(0), "0".repeat(100));
  assert.equal(text(149), "149".repeat(100));
});

Deno.test("RecordBuffer refuses what does not fit, in bytes and in number", () => {
  const buffer = new RecordBuffer();
  assert.ok(append(buffer, "x".repeat(60), { bytes: 100, records: 3 }));
  assert.ok(!append(buffer, "x".repeat(41), { bytes: 100, records: 3 }));
  assert.ok(append(buffer, "x", { bytes: 100, records: 3 }));
  assert.ok(append(buffer, "x", { bytes: 100, records: 3 }));
  assert.ok(!append(buffer, "x", { bytes: 100, records: 3 }));
  buffer.clear();
  assert.ok(append(buffer, "x".repeat(100), { bytes: 100, records: 3 }));
});

Deno.test("RecordBuffer.fitting() counts whole records, and at least one", () => {
  const buffer = new RecordBuffer();
  for (const length of [10, 10, 50, 5]) append(buffer, "x".repeat(length));
  assert.equal(buffer.fitting(0, 20), 2);
  assert.equal(buffer.fitting(0, 19), 1);
  assert.equal(buffer.fitting(2, 20), 1);
  assert.equal(buffer.fitting(1, 1000), 3);
});

Deno.test("RecordBuffer lets go of a buffer that had grown large", () => {
  const buffer = new RecordBuffer();
  append(buffer, "x".repeat(800_000), { bytes: 1_000_000, records: 3 });
  buffer.clear();
  assert.ok(buffer.bytes.length <= 4096);
});
