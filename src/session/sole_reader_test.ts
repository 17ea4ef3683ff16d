import assert from "node:assert/strict";
import { FakeStream } from "../../tests/support/session/fake_stream.ts";
import type { ByteStream } from "../io/contracts.ts";
import { SoleReader } from "./sole_reader.ts";

function setUp() {
  const stream = new FakeStream();
  return { stream, reader: new SoleReader(stream), buffer: new Uint8Array(8) };
}

Deno.test("SoleReader gives the bytes of a read to one taker and ends the other", async () => {
  const { stream, reader, buffer } = setUp();
  const first = reader.take(buffer);
  const second = reader.take(buffer);
  stream.feed("abc");
  assert.equal(reader.accept(await first), 3);
  await assert.rejects(second, TypeError);
});

Deno.test("SoleReader refuses a second taker of a read that was begun for nobody", async () => {
  const { stream, reader, buffer } = setUp();
  reader.begin(buffer, () => {}, () => {});
  const first = reader.take(buffer);
  const second = reader.take(buffer);
  stream.feed("abc");
  await assert.rejects(second, TypeError);
  assert.equal(reader.accept(await first), 3);
});

Deno.test("SoleReader accepts no bytes twice, and none that nobody waits for", async () => {
  const { stream, reader, buffer } = setUp();
  stream.feed("abc");
  const arrival = await reader.take(buffer);
  reader.accept(arrival);
  assert.throws(() => reader.accept(arrival), TypeError);
});

Deno.test("SoleReader accepts no more bytes than there was room for", async () => {
  const boasting = { read: () => Promise.resolve(9) } as unknown as ByteStream;
  const reader = new SoleReader(boasting);
  const arrival = await reader.take(new Uint8Array(8));
  assert.throws(() => reader.accept(arrival), RangeError);
});

Deno.test("SoleReader tells who reads on after a failure of the failure", async () => {
  const { stream, reader, buffer } = setUp();
  const first = reader.take(buffer);
  stream.close();
  await assert.rejects(first, /closed/);
  await assert.rejects(reader.take(buffer), /closed/);
});

Deno.test("SoleReader reads nothing into a buffer that has been given back", async () => {
  const { stream, reader, buffer } = setUp();
  let given = false;
  reader.release(() => given = true);
  assert.ok(given);
  await assert.rejects(reader.take(buffer), TypeError);
  let failed = false;
  reader.begin(buffer, () => {}, () => failed = true);
  assert.ok(failed);
  assert.ok(!stream.reading);
});

Deno.test("SoleReader gives its buffer back only when no read writes into it", async () => {
  const { stream, reader, buffer } = setUp();
  let given = false;
  const taken = reader.take(buffer);
  reader.release(() => given = true);
  assert.ok(!given);
  stream.close();
  await taken.catch(() => {});
  await Promise.resolve();
  assert.ok(given);
});
