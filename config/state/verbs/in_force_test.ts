import assert from "node:assert/strict";
import fc from "fast-check";
import { isInForce } from "../verbs.ts";
import {
  backend,
  cluster,
  frontend,
  sequences,
  stateAfter,
  stateWith,
} from "../../../tests/support/config/state.ts";

Deno.test("isInForce() holds for every addition of a dump that the state refuses to repeat", () => {
  let repeated = 0;
  fc.assert(fc.property(sequences, (requests) => {
    const state = stateAfter(requests);
    for (const request of state.dump()) {
      const verb = request.request_type;
      assert.ok(verb !== null);
      const refusal = state.clone().apply(request);
      if (refusal === null) continue;
      repeated++;
      assert.equal(refusal.kind, "already_exists");
      assert.equal(isInForce(state, verb), true, verb.kind);
    }
  }));
  assert.ok(repeated > 50, `${repeated} additions were repeated`);
});

Deno.test("isInForce() does not hold for an object that differs in anything but its key", () => {
  const value = frontend("x.test", "/");
  const state = stateWith({ kind: "add_http_frontend", value });
  const holds = (changes: Partial<typeof value>) =>
    isInForce(state, { kind: "add_http_frontend", value: { ...value, ...changes } });
  assert.equal(holds({}), true);
  assert.equal(holds({ cluster_id: "another" }), false);
  assert.equal(holds({ tags: new Map([["owner", "me"]]) }), false);
  assert.equal(holds({ hostname: "y.test" }), false);
  assert.equal(isInForce(state, { kind: "add_https_frontend", value }), false);
});

Deno.test("isInForce() says nothing about additions that replace", () => {
  const state = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
  );
  assert.equal(isInForce(state, { kind: "add_cluster", value: cluster("a") }), false);
});
