import assert from "node:assert/strict";
import { Cluster, ShardMode } from "../../../config/schema/messages.ts";
import { asAscii } from "../../../tests/support/cli/ascii_table.ts";
import { renderClusters } from "./clusters.ts";

/** The row of a cluster in the table of clusters. */
function rowOf(changes: Partial<Cluster>): string {
  const configuration = { ...Cluster.empty(), cluster_id: "web", ...changes };
  const information = {
    configuration,
    http_frontends: [],
    https_frontends: [],
    tcp_frontends: [],
    udp_frontends: [],
    backends: [],
  };
  const text = renderClusters(new Map([["main", { vec: [information] }]]), {
    columns: null,
    verbose: false,
  });
  return asAscii(text).split("\n").find((line) => line.startsWith("| web")) ?? "";
}

Deno.test("renderClusters shows what tells clients apart", () => {
  assert.match(rowOf({}), /\| source_ip +\| off /);
  assert.match(rowOf({ affinity_header: "X-Tenant" }), /\| header:X-Tenant \|/);
  assert.match(rowOf({ affinity_cookie: "sid" }), /\| cookie:sid +\|/);
});

Deno.test("renderClusters shows what part of the backends a client may use", () => {
  assert.match(rowOf({ shard_percent: 25 }), /\| 25% from 8 backends, FALLBACK \|/);
  const strict = { shard_percent: 5, shard_min_backends: 20, shard_mode: ShardMode.STRICT };
  assert.match(rowOf(strict), /\| 5% from 20 backends, STRICT \|/);
});
