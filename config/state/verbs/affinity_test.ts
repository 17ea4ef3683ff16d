import assert from "node:assert/strict";
import { accept, address, stateWith } from "../../../tests/support/config/state.ts";
import { diff } from "../../diff/diff.ts";
import { Cluster } from "../../schema/messages.ts";
import type { Verb } from "../verbs.ts";

const FRONTEND: Verb = {
  kind: "add_tcp_frontend",
  value: { cluster_id: "c", address: address("127.0.0.1:443"), tags: new Map(), alpn: [] },
};

function added(changes: Partial<Cluster>): Verb {
  return {
    kind: "add_cluster",
    value: { ...Cluster.empty(), cluster_id: "c", ...changes },
  };
}

const KEYED = [added({ affinity_header: "X-Tenant" }), added({ affinity_cookie: "sid" })];

Deno.test("AddCluster refuses an affinity key where the cluster has a TCP frontend", () => {
  for (const keyed of KEYED) {
    const state = stateWith(added({}), FRONTEND);
    const before = state.clone();
    const refusal = state.apply({ request_type: keyed });
    assert.equal(refusal?.kind, "invalid_value");
    assert.match(refusal?.message ?? "", /"c" cannot have both affinity_.* and a TCP frontend/);
    assert.ok(state.equals(before));
    accept(state, { ...FRONTEND, kind: "remove_tcp_frontend" } as Verb);
    accept(state, keyed);
  }
});

Deno.test("AddTcpFrontend is refused where the cluster has an affinity key", () => {
  for (const keyed of KEYED) {
    const state = stateWith(keyed);
    assert.match(state.apply({ request_type: FRONTEND })?.message ?? "", /cannot have both/);
    accept(state, added({}));
    accept(state, FRONTEND);
  }
});

Deno.test("AddCluster keeps shards and affinity keys, and a diff carries them", () => {
  const sharded = added({
    affinity_cookie: "sid",
    shard_percent: 30,
    shard_min_backends: 3,
    shard_mode: 1,
  });
  const state = stateWith(sharded);
  assert.deepEqual(state.tables.clusters.get("c"), sharded.value);
  const copy = stateWith();
  for (const request of diff(copy, state)) assert.equal(copy.apply(request), null);
  assert.ok(copy.equals(state));
});

Deno.test("diff() takes TCP frontends away before their cluster gets an affinity key, and back", () => {
  for (const keyed of KEYED) {
    const ends: Verb[][] = [[added({}), FRONTEND], [keyed]];
    for (const [from = [], to = []] of [ends, ends.toReversed()]) {
      const [state, wanted] = [stateWith(...from), stateWith(...to)];
      for (const request of diff(state, wanted)) assert.equal(state.apply(request), null);
      assert.ok(state.equals(wanted));
    }
  }
});
