import assert from "node:assert/strict";
import { FakeStream } from "../../../../tests/support/session/fake_stream.ts";
import { asciiText } from "../../../bytes/ascii.ts";
import { BufferPool } from "../../../bytes/buffer_pool.ts";
import { ReadStatus } from "../../../protocol/h1/field_reader.ts";
import { requestHeadReader } from "../../../protocol/h1/head_reader.ts";
import { ClientInput } from "./input.ts";

function setUp() {
  const buffers = {
    small: new BufferPool(2048, 2),
    head: new BufferPool(8192, 2),
    bulk: new BufferPool(16384, 1),
  };
  const stream = new FakeStream();
  const first = buffers.small.take() as Uint8Array;
  return { buffers, stream, input: new ClientInput(stream, buffers, first) };
}

async function receive(input: ClientInput): Promise<boolean> {
  return input.accept(await input.read()) > 0;
}

Deno.test("ClientInput lets a head grow through its buffers without losing its offsets", async () => {
  const { stream, input, buffers } = setUp();
  const reader = requestHeadReader();
  input.reader = reader;
  reader.begin(input.bytes, 0);
  const text = `GET /path HTTP/1.1\r\nHost: a.test\r\nX: ${"v".repeat(5000)}\r\n\r\n`;
  stream.feed(text);
  let status: ReadStatus = ReadStatus.MORE;
  while (status === ReadStatus.MORE) {
    assert.ok(input.makeRoom());
    assert.ok(await receive(input));
    status = reader.read(input.end);
  }
  assert.equal(status, ReadStatus.DONE);
  const { head } = reader;
  assert.equal(asciiText(head.bytes, head.targetStart, head.targetEnd), "/path");
  assert.equal(asciiText(head.bytes, head.hostStart, head.hostEnd), "a.test");
  assert.equal(head.end, text.length);
  assert.deepEqual([buffers.small.lent, buffers.head.lent], [0, 1]);
  input.start = head.end;
  input.releaseHead();
  assert.deepEqual([buffers.small.lent, buffers.head.lent], [1, 0]);
});

Deno.test("ClientInput lets a head stay when its place is needed", async () => {
  const { stream, input } = setUp();
  const reader = requestHeadReader();
  input.reader = reader;
  stream.feed("xxxPOST /path HTTP/1.1\r\nHost: a.test\r\n\r\nbody");
  await receive(input);
  reader.begin(input.bytes, 3);
  assert.equal(reader.read(input.end), ReadStatus.DONE);
  const { head } = reader;
  input.start = head.end;
  const [first] = [input.bytes];
  input.keepHead();
  assert.equal(asciiText(input.bytes, input.start, input.end), "body");
  first.fill(0);
  input.releaseHead();
  assert.equal(asciiText(head.bytes, head.start, head.methodEnd), "POST");
  assert.equal(asciiText(head.bytes, head.hostStart, head.hostEnd), "a.test");
  assert.equal(head.bytes.length, head.end);
});

Deno.test("ClientInput has no room for a head larger than the head buffer", async () => {
  const { stream, input } = setUp();
  const reader = requestHeadReader();
  input.reader = reader;
  reader.begin(input.bytes, 0);
  stream.feed(`GET / HTTP/1.1\r\nX: ${"v".repeat(20_000)}`);
  let received = 0;
  while (input.makeRoom()) {
    await receive(input);
    assert.equal(reader.read(input.end), ReadStatus.MORE);
    received = input.end;
  }
  assert.equal(received, 8192);
});

Deno.test("ClientInput keeps unused bytes when a head moves to the front", async () => {
  const { stream, input } = setUp();
  stream.feed("a".repeat(1500));
  await receive(input);
  input.start = 1400;
  assert.ok(input.makeRoom());
  assert.deepEqual([input.start, input.end], [0, 100]);
  stream.feed("b");
  await receive(input);
  assert.equal(asciiText(input.bytes, input.start, input.end), "a".repeat(100) + "b");
});

Deno.test("ClientInput gives its buffer back only when no read writes into it", async () => {
  const { stream, input, buffers } = setUp();
  const pending = input.read();
  input.close();
  assert.equal(buffers.small.lent, 1);
  stream.close();
  await pending.catch(() => {});
  await Promise.resolve();
  assert.equal(buffers.small.lent, 0);
});

Deno.test("ClientInput lets one taker have a read that was begun early", async () => {
  const { stream, input } = setUp();
  let told = 0;
  input.readEarly((count) => told = count, () => told = -1);
  const taken = input.read();
  stream.feed("x");
  assert.equal(input.accept(await taken), 1);
  assert.deepEqual([told, input.length], [1, 1]);
});

Deno.test("ClientInput takes larger buffers for bodies, as long as there are some", () => {
  const { input, buffers } = setUp();
  const sizes = [];
  for (let i = 0; i < 3; i++) {
    input.growForBody();
    sizes.push(input.bytes.length);
  }
  assert.deepEqual(sizes, [8192, 16384, 16384]);
  assert.deepEqual([buffers.small.lent, buffers.head.lent, buffers.bulk.lent], [0, 0, 1]);
});
