import assert from "node:assert/strict";
import { checkMove, type Transitions, transitions } from "./transitions.ts";
import { EXCHANGE_TRANSITIONS } from "./http/exchange_phase.ts";
import { SHARED_TRANSITIONS } from "./upstream/h2/shared_phase.ts";
import { SESSION_TRANSITIONS } from "./http/h1/session_phase.ts";

/** What may follow each state, read back from the table. */
function movesOf(table: Transitions): Record<string, string[]> {
  const moves: Record<string, string[]> = {};
  for (const [from, name] of table.names.entries()) {
    moves[name] = table.names.filter((_, to) => allows(table, from, to));
  }
  return moves;
}

function allows(table: Transitions, from: number, to: number): boolean {
  try {
    checkMove(table, from, to);
    return true;
  } catch (error) {
    assert.ok(error instanceof RangeError);
    return false;
  }
}

Deno.test("checkMove() lets a state follow only where the table says so, and names both if not", () => {
  const table = transitions({ B: 1, A: 0, C: 2 }, { A: ["B"], B: ["A", "C"], C: [] });
  assert.deepEqual(movesOf(table), { A: ["B"], B: ["A", "C"], C: [] });
  assert.throws(() => checkMove(table, 2, 0), { name: "RangeError", message: "A cannot follow C" });
});

Deno.test("an exchange can be given up in every phase, and begins again only when it is done", () => {
  const moves = movesOf(EXCHANGE_TRANSITIONS);
  const { DONE, ...others } = moves;
  assert.deepEqual(DONE, ["ROUTING"]);
  for (const [phase, next] of Object.entries(others)) {
    assert.ok(next.includes("DONE"), phase);
    assert.ok(!next.includes("ROUTING"), phase);
  }
});

Deno.test("nothing but the end follows once a response, an answer or a tunnel has begun", () => {
  const moves = movesOf(EXCHANGE_TRANSITIONS);
  for (const phase of ["RELAYING", "ANSWERING", "TUNNEL"]) assert.deepEqual(moves[phase], ["DONE"]);
});

Deno.test("a session can be closed in every phase, and nothing follows that", () => {
  const { CLOSED, ...others } = movesOf(SESSION_TRANSITIONS);
  assert.deepEqual(CLOSED, []);
  for (const [phase, next] of Object.entries(others)) assert.ok(next.includes("CLOSED"), phase);
});

Deno.test("a session serves no request any more once it lingers", () => {
  const { LINGERING } = movesOf(SESSION_TRANSITIONS);
  assert.deepEqual(LINGERING, ["LINGERING", "CLOSED"]);
});

Deno.test("a connection to a backend takes streams once it is settled, and never again when it leaves", () => {
  const { CLOSED, ...others } = movesOf(SHARED_TRANSITIONS);
  assert.deepEqual(CLOSED, []);
  for (const [phase, next] of Object.entries(others)) {
    assert.ok(next.includes("CLOSED"), phase);
    assert.equal(next.includes("OPEN"), phase === "SETTLING", phase);
  }
});
