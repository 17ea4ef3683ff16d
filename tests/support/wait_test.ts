import assert from "node:assert/strict";
import { waitFor, within } from "./wait.ts";

Deno.test("waitFor() resolves with what the condition returned", async () => {
  let looks = 0;
  assert.equal(await waitFor("the third look", () => ++looks === 3 ? "there" : null), "there");
});

Deno.test("waitFor() names what it waited for, with the last error as cause", async () => {
  const condition = () => Promise.reject(new Error("still closed"));
  await assert.rejects(waitFor("the door", condition, { deadlineMs: 20, everyMs: 5 }), (error) => {
    assert.match((error as Error).message, /20 ms in vain for the door/);
    assert.match(String((error as Error).cause), /still closed/);
    return true;
  });
});

Deno.test("within() passes values and errors on and gives up at the deadline", async () => {
  assert.equal(await within("a value", 1_000, Promise.resolve(1)), 1);
  await assert.rejects(within("an error", 1_000, Promise.reject(new Error("bad"))), /bad/);
  await assert.rejects(within("nothing", 5, new Promise(() => {})), /in vain for nothing/);
});
