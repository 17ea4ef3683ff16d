import assert from "node:assert/strict";
import * as fc from "fast-check";
import { sequences, stateAfter } from "../../tests/support/config/state.ts";
import type { Verb } from "../state/verb.ts";
import { prepareUndo, scopeOf } from "./undo.ts";

Deno.test("prepareUndo() leads back from every accepted change", () => {
  fc.assert(
    fc.property(sequences, (requests) => {
      const state = stateAfter([]);
      for (const request of requests) {
        const verb = request.request_type;
        if (verb === null) continue;
        const before = state.clone();
        const undo = prepareUndo(state, verb);
        if (state.apply(request) !== null) continue;
        const taken = state.clone();
        for (const step of undo(taken)) {
          assert.equal(taken.apply(step), null, `${verb.kind} -> ${step.request_type?.kind}`);
        }
        assert.ok(taken.equals(before), verb.kind);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("prepareUndo() leads back from one change after another of a different scope", () => {
  fc.assert(
    fc.property(sequences, (requests) => {
      for (let i = 0; i + 1 < requests.length; i++) {
        const [first, second] = [requests[i]?.request_type, requests[i + 1]?.request_type];
        if (!first || !second || scopeOf(first) === scopeOf(second)) continue;
        const state = stateAfter(requests.slice(0, i));
        const without = state.clone();
        const undo = prepareUndo(state, first);
        if (state.apply({ request_type: first }) !== null) continue;
        const accepted = state.apply({ request_type: second }) === null;
        // A change that only works after the first one (a frontend needs nothing, but an
        // activation needs its listener) shares the scope, so it works without it too.
        if ((without.apply({ request_type: second }) === null) !== accepted) {
          // Parts of one cluster may need or exclude each other: a worker that refuses the one says so of the other.
          assert.equal(clusterOf(first), clusterOf(second), `${first.kind} beside ${second.kind}`);
          continue;
        }
        for (const step of undo(state)) state.apply(step);
        assert.ok(state.equals(without), `${first.kind} beside ${second.kind}`);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("scopeOf() tells objects apart and joins the changes of one", () => {
  const cluster = scopeOf({ kind: "remove_cluster", value: "a" });
  assert.equal(scopeOf({ kind: "remove_health_check", value: "a" }), cluster);
  assert.notEqual(scopeOf({ kind: "remove_cluster", value: "b" }), cluster);
});

/** The cluster that a verb is about. */
function clusterOf({ value }: Verb): unknown {
  return typeof value === "object" && "cluster_id" in value ? value.cluster_id : value;
}
