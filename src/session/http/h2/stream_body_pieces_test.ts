import assert from "node:assert/strict";
import { latin1 } from "../../../../tests/support/session/wire.ts";
import { BufferPool } from "../../../bytes/buffer_pool.ts";
import { MessageHead } from "../../../protocol/http/message_head.ts";
import { BodyEnd } from "../body.ts";
import { BodyBudget } from "./body_budget.ts";
import { StreamBody } from "./stream_body.ts";

const WINDOW = 65_535;

function setUp(limit = 4) {
  const buffers = new BufferPool(WINDOW + 1, limit);
  let credit = 0;
  const body = new StreamBody(new BodyBudget(1_000_000), buffers, (count) => credit += count);
  const push = (text: string) => body.add(new TextEncoder().encode(text), 0, text.length);
  return { buffers, body, push, credit: () => credit };
}

Deno.test("StreamBody hands out what has come in one piece, and gives credit for what was taken", async () => {
  const { body, push, credit } = setUp();
  push("one");
  push("two");
  assert.equal(latin1(await body.next() as Uint8Array), "onetwo");
  push("three");
  assert.equal(credit(), 0);
  assert.equal(body.ended, BodyEnd.OPEN);
  body.taken(6);
  assert.equal(credit(), 6);
  assert.equal(latin1(await body.next() as Uint8Array), "three");
  body.finish(BodyEnd.COMPLETE);
  assert.equal(body.ended, BodyEnd.OPEN, "there is something to be taken");
  body.taken(5);
  assert.equal(body.ended, BodyEnd.COMPLETE);
  assert.equal(await body.next(), null);
});

Deno.test("StreamBody wakes who waits, with bytes or with the end", async () => {
  for (const end of [BodyEnd.COMPLETE, BodyEnd.CUT] as const) {
    const { body, push } = setUp();
    const first = body.next();
    push("x");
    assert.equal(latin1(await first as Uint8Array), "x");
    body.taken(1);
    const last = body.next();
    body.finish(end);
    assert.equal(await last, null);
    assert.equal(body.ended, end);
  }
});

Deno.test("StreamBody delivers what came before a cut, and keeps trailers", async () => {
  const { body, push } = setUp();
  const trailers = new MessageHead(new Uint8Array(0));
  push("x");
  body.finish(BodyEnd.COMPLETE, trailers);
  body.finish(BodyEnd.CUT);
  push("late");
  assert.equal(latin1(await body.next() as Uint8Array), "x");
  body.taken(1);
  assert.equal(await body.next(), null);
  assert.deepEqual([body.ended, body.trailers], [BodyEnd.COMPLETE, trailers]);
});

Deno.test("StreamBody keeps a window of any pieces, with lent buffers or without", async () => {
  for (const limit of [4, 0]) {
    for (const size of [1, 1_000, 16_384]) {
      const { body, buffers } = setUp(limit);
      const piece = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
      let pushed = 0;
      for (; pushed + size <= WINDOW; pushed += size) body.add(piece, 0, size);
      const out = await body.next() as Uint8Array;
      assert.equal(out.length, pushed);
      assert.ok(out.every((byte, at) => byte === (at % size & 0xff)));
      body.add(piece, 0, size);
      assert.ok(out.every((byte, at) => byte === (at % size & 0xff)), "it stays as it is");
      body.taken(pushed);
      body.dispose();
      assert.equal(buffers.lent, 0);
      assert.equal(body.ended, BodyEnd.CUT);
    }
  }
});

Deno.test("StreamBody gives credit for what nobody takes any more, once", async () => {
  const { body, push, credit } = setUp();
  push("taken");
  await body.next();
  push("waits");
  body.finish(BodyEnd.COMPLETE);
  body.taken(2);
  body.cut();
  assert.equal(credit(), 10);
  body.cut();
  assert.equal(credit(), 10);
});

Deno.test("StreamBody that is cut lends nobody a piece that is still on its way", async () => {
  for (const last of ["taken", "disposed"]) {
    const { body, buffers } = setUp();
    body.add(new Uint8Array(10_000).fill(1), 0, 10_000);
    const piece = await body.next() as Uint8Array;
    assert.equal(buffers.lent, 1);
    body.add(new Uint8Array(10_000), 0, 10_000);
    body.cut();
    body.cut();
    buffers.take()?.fill(2);
    assert.ok(piece.every((byte) => byte === 1), "another body has its buffer");
    if (last === "taken") body.taken(10_000);
    body.dispose();
    body.dispose();
    assert.equal(buffers.lent, 1, "that of the other");
  }
});
