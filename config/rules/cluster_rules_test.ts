import assert from "node:assert/strict";
import { Cluster } from "../schema/messages.ts";
import { validateVerb } from "./validate_verb.ts";

function problem(changes: Partial<Cluster>) {
  const value: Cluster = { ...Cluster.empty(), cluster_id: "web", ...changes };
  return validateVerb({ kind: "add_cluster", value });
}

Deno.test("a cluster takes its affinity key from one header or one cookie", () => {
  for (
    const accepted of [
      { affinity_header: "X-Tenant" },
      { affinity_header: "hosts" },
      { affinity_cookie: "SID" },
      { affinity_cookie: "host" },
    ]
  ) assert.equal(problem(accepted), null);
  for (const affinity_header of ["", "Host", "cookie", "a b", "a:", "é", "x\r\ny"]) {
    assert.equal(problem({ affinity_header })?.field, "affinity_header", affinity_header);
  }
  for (const affinity_cookie of ["", "a=b", "a;b", "a b", "é"]) {
    assert.equal(problem({ affinity_cookie })?.field, "affinity_cookie", affinity_cookie);
  }
  const both = problem({ affinity_header: "X-Tenant", affinity_cookie: "SID" });
  assert.match(both?.message ?? "", /mutually exclusive: set at most one/);
  assert.equal(both?.field, "affinity_cookie");
});

Deno.test("a cluster is sharded within bounds, and nothing of it is said without a share", () => {
  for (const shard_percent of [1, 100]) assert.equal(problem({ shard_percent }), null);
  assert.equal(problem({ shard_percent: 25, shard_min_backends: 2, shard_mode: 1 }), null);
  for (const shard_percent of [0, 101]) {
    assert.match(problem({ shard_percent })?.message ?? "", /shard_percent: \d+.*1 to 100/);
  }
  const small = problem({ shard_percent: 25, shard_min_backends: 1 });
  assert.match(small?.message ?? "", /shard_min_backends: 1.*2 or more/);
  const unknown = problem({ shard_percent: 25, shard_mode: 2 as never });
  assert.match(unknown?.message ?? "", /shard_mode.*FALLBACK.*STRICT/);
  for (const alone of [{ shard_min_backends: 4 }, { shard_mode: 0 as const }]) {
    const refusal = problem(alone);
    assert.equal(refusal?.field, "shard_percent");
    assert.match(refusal?.message ?? "", new RegExp(Object.keys(alone)[0] ?? ""));
  }
});
