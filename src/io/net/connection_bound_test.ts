import assert from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait.ts";
import { ConnectionBound } from "./connection_bound.ts";

const LONG_MS = 60_000;

/** Connections with names; tells in which order they were closed. */
function named(bound: ConnectionBound) {
  const closed: string[] = [];
  const admit = (name: string) => bound.admit(() => closed.push(name));
  return { closed, admit };
}

Deno.test("ConnectionBound closes the oldest that is not being answered when a place is wanted", () => {
  const bound = new ConnectionBound({ most: 3, lifetimeMs: LONG_MS });
  const { closed, admit } = named(bound);
  const [a, b] = [admit("a"), admit("b")];
  admit("c");
  a.answering = true;
  admit("d");
  assert.deepEqual(closed, ["b"]);
  b.leave();
  admit("e");
  assert.deepEqual(closed, ["b", "c"]);
  a.answering = false;
  admit("f");
  assert.deepEqual(closed, ["b", "c", "a"]);
  assert.equal(bound.size, 3);
  bound.closeAll();
});

Deno.test("ConnectionBound closes the oldest connection when every request is in progress", () => {
  const bound = new ConnectionBound({ most: 2, lifetimeMs: LONG_MS });
  const { closed, admit } = named(bound);
  for (const name of ["a", "b"]) admit(name).answering = true;
  admit("c");
  assert.deepEqual(closed, ["a"]);
  bound.closeAll();
  assert.deepEqual(closed, ["a", "b", "c"]);
  assert.equal(bound.size, 0);
});

Deno.test("ConnectionBound frees the places of closed connections, and closes none twice", () => {
  const bound = new ConnectionBound({ most: 1, lifetimeMs: LONG_MS });
  const { closed, admit } = named(bound);
  admit("a").leave();
  const b = admit("b");
  assert.deepEqual(closed, []);
  b.answering = true;
  bound.closeIdle();
  assert.equal(bound.size, 1);
  b.answering = false;
  bound.closeIdle();
  bound.closeAll();
  assert.deepEqual(closed, ["b"]);
});

Deno.test("ConnectionBound closes every connection at its deadline, answered or not", async () => {
  const bound = new ConnectionBound({ most: 9, lifetimeMs: 20 });
  const { closed, admit } = named(bound);
  admit("a").answering = true;
  admit("b");
  await waitFor("both to be closed", () => closed.length === 2);
  assert.equal(bound.size, 0);
});
