import assert from "node:assert/strict";
import fc from "fast-check";
import { AnswerOrder } from "./answer_order.ts";
import { ok, processing } from "./responses.ts";

function recording(): { texts: string[]; order: AnswerOrder } {
  const texts: string[] = [];
  return { texts, order: new AnswerOrder((response) => texts.push(response.message)) };
}

Deno.test("AnswerOrder lets the oldest request's answers pass and holds the others back", () => {
  const { texts, order } = recording();
  const first = order.open();
  const second = order.open();
  second.progress(processing("2 working"));
  second.finish(ok("2 done"));
  assert.deepEqual(texts, []);
  first.progress(processing("1 working"));
  assert.deepEqual(texts, ["1 working"]);
  first.finish(ok("1 done"));
  assert.deepEqual(texts, ["1 working", "1 done", "2 working", "2 done"]);
  assert.equal(order.underWay, 0);
});

Deno.test("AnswerOrder ignores what comes after the last answer", () => {
  const { texts, order } = recording();
  const slot = order.open();
  slot.finish(ok("done"));
  slot.progress(processing("late"));
  slot.finish(ok("again"));
  assert.deepEqual(texts, ["done"]);
});

Deno.test("AnswerOrder fewerThan() resolves when enough requests are done", async () => {
  const { order } = recording();
  const slots = [order.open(), order.open(), order.open()];
  let free = false;
  const waiting = order.fewerThan(2).then(() => free = true);
  slots[0]?.finish(null);
  await Promise.resolve();
  assert.equal(free, false);
  slots[1]?.finish(null);
  await waiting;
  assert.equal(free, true);
});

Deno.test("AnswerOrder answers in request order whatever the order of completion", () => {
  fc.assert(fc.property(
    fc.uniqueArray(fc.nat({ max: 30 }), { minLength: 1 }),
    (completion) => {
      const { texts, order } = recording();
      const sorted = [...completion].sort((a, b) => a - b);
      const slots = new Map(sorted.map((id) => [id, order.open()]));
      for (const id of completion) slots.get(id)?.finish(ok(String(id)));
      assert.deepEqual(texts, sorted.map(String));
    },
  ));
});
