import assert from "node:assert/strict";
import fc from "fast-check";
import { ChangeOrder, type Release } from "./change_order.ts";

const turns = async () => {
  for (let i = 0; i < 8; i++) await Promise.resolve();
};

Deno.test("ChangeOrder lets different objects change at once and one object only in turn", async () => {
  const order = new ChangeOrder();
  const first = order.enter("cluster:a");
  const other = order.enter("cluster:b");
  assert.equal(typeof first, "function");
  assert.equal(typeof other, "function");
  const second = order.enter("cluster:a");
  assert.ok(second instanceof Promise);
  let begun = false;
  void second.then(() => begun = true);
  await turns();
  assert.equal(begun, false);
  (first as Release)();
  await turns();
  assert.equal(begun, true);
});

Deno.test("ChangeOrder lets a change of everything wait for those before and hold those after", async () => {
  const order = new ChangeOrder();
  const log: string[] = [];
  const before = order.enter("x") as Release;
  const all = order.enterExclusive().then(({ release }) => {
    log.push("all");
    return release;
  });
  const after = Promise.resolve(order.enter("y")).then(() => log.push("after"));
  await turns();
  assert.deepEqual(log, []);
  before();
  const release = await all;
  await turns();
  assert.deepEqual(log, ["all"]);
  release();
  await after;
  assert.deepEqual(log, ["all", "after"]);
});

Deno.test("ChangeOrder never overlaps turns that exclude each other, and every turn comes", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.constantFrom("a", "b", "c", null), { maxLength: 40 }),
    fc.infiniteStream(fc.nat({ max: 5 })),
    async (scopes, delays) => {
      const order = new ChangeOrder();
      const active: (string | null)[] = [];
      const begun: number[] = [];
      await Promise.all(scopes.map(async (scope, i) => {
        const release = scope === null
          ? (await order.enterExclusive()).release
          : await order.enter(scope);
        assert.ok(!active.includes(null), "nothing beside a change of everything");
        assert.ok(scope !== null || active.length === 0);
        assert.ok(!active.includes(scope), "one change of an object at a time");
        active.push(scope);
        begun.push(i);
        for (let n = delays.next().value as number; n >= 0; n--) await Promise.resolve();
        active.splice(active.indexOf(scope), 1);
        release();
      }));
      assert.equal(begun.length, scopes.length);
      for (const scope of ["a", "b", "c"]) {
        const own = begun.filter((i) => scopes[i] === scope);
        assert.deepEqual(own, [...own].sort((x, y) => x - y), "first come, first served");
      }
    },
  ));
});

Deno.test("ChangeOrder lets others change what a narrowed turn has not kept for itself", async () => {
  const order = new ChangeOrder();
  const log: string[] = [];
  const turn = await order.enterExclusive();
  const enter = (scope: string) =>
    Promise.resolve(order.enter(scope)).then((release) => {
      log.push(scope);
      return release;
    });
  const kept = [enter("a"), enter("a")];
  const free = enter("b");
  await turns();
  assert.deepEqual(log, []);
  turn.narrowTo(new Set(["a", "c"]));
  (await free)();
  assert.deepEqual(log, ["b"]);
  kept.push(enter("c"));
  assert.equal(typeof order.enter("d"), "function");
  await turns();
  assert.deepEqual(log, ["b"]);
  turn.release();
  for (const one of kept) (await one)();
  assert.deepEqual([...log].sort(), ["a", "a", "b", "c"]);
});

Deno.test("ChangeOrder makes a second change of everything wait without holding others up", async () => {
  const order = new ChangeOrder();
  const first = await order.enterExclusive();
  first.narrowTo(new Set(["a"]));
  let begun = false;
  const second = order.enterExclusive().then((turn) => {
    begun = true;
    return turn;
  });
  const other = order.enter("b");
  assert.equal(typeof other, "function");
  const waiting = order.enter("a");
  first.release();
  await turns();
  assert.equal(begun, false, "it waits for the changes in front of it");
  (other as Release)();
  (await waiting)();
  (await second).release();
  assert.equal(typeof order.enter("a"), "function");
});

Deno.test("ChangeOrder settled() waits for a change of everything, narrowed or not, and for no other", async () => {
  const order = new ChangeOrder();
  const single = order.enter("a") as Release;
  await order.settled();
  const exclusive = order.enterExclusive();
  await order.settled();
  single();
  const turn = await exclusive;
  let settled = false;
  const settling = order.settled().then(() => settled = true);
  await turns();
  turn.narrowTo(new Set(["a"]));
  await turns();
  assert.equal(settled, false);
  turn.release();
  await settling;
});
