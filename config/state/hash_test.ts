import assert from "node:assert/strict";
import { hashClusters } from "./hash.ts";
import { cluster, frontend, httpListener, stateWith } from "../../tests/support/config/state.ts";
import { accept, address, backend } from "../../tests/support/config/state.ts";
import type { Verb } from "./verbs.ts";

const STREAM = { cluster_id: "a", address: address("127.0.0.1:7000"), tags: new Map(), alpn: [] };

const BASE: Verb = { kind: "add_cluster", value: cluster("a") };
const OTHER = address("127.0.0.1:7001");

const PARTS: Verb[] = [
  { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
  { kind: "add_http_frontend", value: frontend("x.test", "/") },
  { kind: "add_https_frontend", value: frontend("x.test", "/") },
  { kind: "add_tcp_frontend", value: STREAM },
  { kind: "add_tcp_frontend", value: { ...STREAM, address: OTHER, sni: "x.test" } },
  { kind: "add_tcp_frontend", value: { ...STREAM, address: OTHER, sni: "x.test", alpn: ["h2"] } },
];

Deno.test("hashClusters() has one full 64-bit hash for each configured cluster", () => {
  const state = stateWith(
    { kind: "add_cluster", value: cluster("b") },
    { kind: "add_cluster", value: cluster("a") },
  );
  const hashes = hashClusters(state.tables);
  assert.deepEqual([...hashes.keys()], ["a", "b"]);
  for (const hash of hashes.values()) assert.ok(hash > 0xffffffffn && hash < 2n ** 64n);
  assert.notEqual(hashes.get("a"), hashes.get("b"));
});

Deno.test("hashClusters() depends on every part of a cluster, not on the order of requests", () => {
  const seen = new Set<bigint | undefined>();
  for (let count = 0; count <= PARTS.length; count++) {
    const state = stateWith(BASE, ...PARTS.slice(0, count));
    seen.add(hashClusters(state.tables).get("a"));
  }
  seen.add(
    hashClusters(stateWith({ kind: "add_cluster", value: cluster("a", { http2: true }) }).tables)
      .get("a"),
  );
  assert.equal(seen.size, PARTS.length + 2);
  const forward = stateWith(BASE, ...PARTS);
  const backward = stateWith(BASE, ...PARTS.toReversed());
  assert.deepEqual(hashClusters(forward.tables), hashClusters(backward.tables));
});

Deno.test("hashClusters() leaves out UDP frontends, listeners and other clusters", () => {
  const state = stateWith(BASE, ...PARTS);
  const before = hashClusters(state.tables).get("a");
  accept(state, { kind: "add_udp_frontend", value: STREAM });
  accept(state, { kind: "add_http_listener", value: httpListener() });
  accept(state, { kind: "add_cluster", value: cluster("b") });
  accept(state, { kind: "add_backend", value: backend("b", "one", "127.0.0.1:1") });
  assert.equal(hashClusters(state.tables).get("a"), before);
});
