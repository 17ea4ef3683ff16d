import assert from "node:assert/strict";
import * as fc from "fast-check";
import { MessageHead } from "../../../protocol/http/message_head.ts";
import { BufferPool } from "../../../bytes/buffer_pool.ts";
import { BodyEnd } from "../body.ts";
import { BodyBudget } from "./body_budget.ts";
import { StreamBody } from "./stream_body.ts";

function setUp(limit = 1_000_000) {
  const budget = new BodyBudget(limit);
  let credit = 0;
  const body = new StreamBody(budget, new BufferPool(65_536, 4), (count) => credit += count);
  const add = (text: string) => {
    const bytes = new TextEncoder().encode(`--${text}--`);
    const added = body.add(bytes, 2, bytes.length - 2);
    // Nothing may be kept of what came.
    bytes.fill(0x21);
    return added;
  };
  return { budget, body, add, credit: () => credit };
}

const textOf = (piece: Uint8Array | null) =>
  piece === null ? null : new TextDecoder().decode(piece);

Deno.test("StreamBody hands out what came, and gives credit for what was taken", async () => {
  const { body, add, budget, credit } = setUp();
  assert.ok(add("one") && add("two"));
  assert.equal(textOf(await body.next()), "onetwo");
  assert.deepEqual([credit(), budget.held], [0, 6]);
  assert.ok(add("three"));
  body.taken(6);
  assert.deepEqual([credit(), budget.held], [6, 5]);
  assert.equal(textOf(await body.next()), "three");
  body.taken(5);
  const next = body.next();
  assert.ok(body.isAwaited);
  add("four");
  assert.equal(textOf(await next), "four");
  body.taken(4);
  body.finish(BodyEnd.COMPLETE);
  assert.equal(body.ended, BodyEnd.COMPLETE);
  assert.equal(await body.next(), null);
});

Deno.test("StreamBody is open until all that came was taken, then has its trailers", async () => {
  const { body, add } = setUp();
  const trailers = new MessageHead(new Uint8Array(0));
  add("rest");
  body.finish(BodyEnd.COMPLETE, trailers);
  assert.ok(body.arrived);
  assert.equal(body.ended, BodyEnd.OPEN);
  body.taken((await body.next())?.length ?? 0);
  assert.equal(body.ended, BodyEnd.COMPLETE);
  assert.equal(body.trailers, trailers);
});

Deno.test("StreamBody that is cut holds nothing, wakes who waits and owes nothing", async () => {
  const { body, add, budget, credit } = setUp();
  add("first");
  await body.next();
  add("more");
  body.cut();
  assert.deepEqual([budget.held, credit()], [0, 9]);
  body.taken(5);
  assert.deepEqual([budget.held, credit()], [0, 9]);
  assert.equal(body.ended, BodyEnd.CUT);
  assert.equal(await body.next(), null);
  assert.ok(add("late"));
  assert.equal(budget.held, 0);
  const other = setUp();
  const waiting = other.body.next();
  other.body.cut();
  assert.equal(await waiting, null);
});

Deno.test("StreamBody takes nothing when all bodies hold as much as they may", async () => {
  const { body, add, budget } = setUp(10);
  assert.ok(budget.take(6));
  assert.ok(add("1234"));
  assert.ok(!budget.hasRoom);
  assert.ok(!add("5"));
  assert.equal(textOf(await body.next()), "1234");
  body.taken(4);
  assert.ok(add("5"));
});

Deno.test("StreamBody keeps every byte in order, however it comes and is taken", async () => {
  const steps = fc.array(fc.oneof(fc.nat(3_000), fc.constant("take" as const)), { maxLength: 40 });
  await fc.assert(fc.asyncProperty(steps, async (all) => {
    const { body, add, budget, credit } = setUp();
    let sent = "";
    let got = "";
    const take = async () => {
      const piece = await body.next();
      got += textOf(piece) ?? "";
      body.taken(piece?.length ?? 0);
    };
    for (const step of all) {
      if (step !== "take") {
        const text = String.fromCharCode(0x30 + sent.length % 40).repeat(step);
        if (text !== "") assert.ok(add(text));
        sent += text;
      } else if (sent.length > got.length) await take();
    }
    body.finish(BodyEnd.COMPLETE);
    while (body.ended === BodyEnd.OPEN) await take();
    assert.equal(got, sent);
    assert.deepEqual([budget.held, credit()], [0, sent.length]);
  }));
});
