import { equal, ok } from "node:assert/strict";
import { FlowMemo } from "./flow_memo.ts";

Deno.test("FlowMemo remembers what it was told, until it is cleared", () => {
  const memo = new FlowMemo(2);
  const key = { high: 7, low: 9 };
  equal(memo.find(key), -1);
  const at = memo.claim(key);
  memo.values[at] = 3;
  memo.values[at + 1] = 4;
  equal(memo.find(key), at);
  equal(memo.find({ high: 8, low: 9 }), -1);
  memo.clear();
  equal(memo.find(key), -1);
});

Deno.test("FlowMemo takes keys that look unused for unknown", () => {
  equal(new FlowMemo(1).find({ high: 0, low: 0 }), -1);
});

Deno.test("FlowMemo forgets a key for another one that has its place", () => {
  const memo = new FlowMemo(1);
  memo.claim({ high: 1, low: 5 });
  memo.claim({ high: 2, low: 5 });
  equal(memo.find({ high: 1, low: 5 }), -1);
  ok(memo.find({ high: 2, low: 5 }) >= 0);
});

Deno.test("FlowMemo has a bounded size, however wide it is", () => {
  for (const width of [1, 2, 63, 64, 65, 1000, 65_536]) {
    ok(new FlowMemo(width).values.length <= 65_536);
  }
  equal(new FlowMemo(100_000).values.length, 100_000);
});
