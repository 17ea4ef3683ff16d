import assert from "node:assert/strict";
import { healthChecks } from "./queries.ts";
import { HealthCheckConfig, Request, RulePosition } from "../schema/messages.ts";
import {
  accept,
  address,
  backend,
  cluster,
  frontend,
  refuse,
  stateWith,
} from "../../tests/support/config/state.ts";
import { goneAlready, type Verb, verbName } from "./verbs.ts";

Deno.test("apply() refuses an empty request and verbs that concern no state", () => {
  const state = stateWith();
  assert.equal(state.apply({ request_type: null })?.kind, "empty_request");
  assert.equal(refuse(state, { kind: "list_workers", value: {} }), "undispatchable");
  assert.equal(refuse(state, { kind: "query_health_checks", value: {} }), "undispatchable");
  assert.equal(refuse(state, { kind: "save_state", value: "x" }), "undispatchable");
});

Deno.test("apply() has a defined answer for every verb of the schema", () => {
  const changing = /^(add|remove|replace|update|activate|deactivate|set_health)_/;
  const kinds = Request.fields.map(({ name, type }) => {
    const value = typeof type === "string" ? (type === "string" ? "" : 0) : type.empty();
    const state = stateWith();
    const error = state.apply({ request_type: { kind: name, value } as never });
    return [name, changing.test(name) ? "changing" : error?.kind ?? "accepted"];
  });
  const accepted = kinds.filter(([, answer]) => answer === "accepted").map(([name]) => name);
  assert.deepEqual(accepted.sort(), [
    "Logging",
    "close_sessions",
    "configure_metrics",
    "count_requests",
    "hard_stop",
    "query_certificates_from_workers",
    "query_cluster_by_id",
    "query_clusters_by_domain",
    "query_clusters_hashes",
    "query_max_connections_per_ip",
    "query_max_connections_per_subnet",
    "query_metrics",
    "query_protected_health_check_support",
    "return_listen_sockets",
    "set_max_connections_per_ip",
    "set_max_connections_per_subnet",
    "set_metric_detail",
    "soft_stop",
    "status",
  ]);
  const refused = kinds.filter(([, answer]) => answer === "undispatchable").map(([name]) => name);
  assert.deepEqual(refused.sort(), [
    "adopt_worker",
    "close_listener_socket",
    "launch_worker",
    "list_frontends",
    "list_listeners",
    "list_workers",
    "load_state",
    "probe_listener",
    "protected_health_check_order",
    "query_certificates_from_the_state",
    "query_health_checks",
    "query_listener_socket",
    "reload_configuration",
    "save_state",
    "steer_listener",
    "subscribe_events",
    "upgrade_main",
    "upgrade_worker",
    "wind_down",
  ]);
});

Deno.test("apply() counts every verb it is given from one, refused ones included", () => {
  const state = stateWith({ kind: "add_cluster", value: cluster("a") });
  accept(state, { kind: "Logging", value: "info" });
  state.apply({ request_type: { kind: "remove_cluster", value: "a" } });
  state.apply({ request_type: { kind: "remove_cluster", value: "a" } });
  const counts = [...state.requestCounts().map];
  assert.deepEqual(counts, [["AddCluster", 1], ["Logging", 1], ["RemoveCluster", 2]]);
});

Deno.test("verbName() is CamelCase", () => {
  assert.equal(verbName("add_http_frontend"), "AddHttpFrontend");
  assert.equal(verbName("set_max_connections_per_ip"), "SetMaxConnectionsPerIp");
});

Deno.test("AddCluster upserts, RemoveCluster takes what belongs to it along, but no route that denies", () => {
  const stream = { cluster_id: "a", address: address("127.0.0.1:7000"), tags: new Map() };
  const { cluster_id: _, ...denied } = frontend("denied.test", "/");
  const state = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_cluster", value: cluster("a", { http2: true }) },
    { kind: "add_cluster", value: cluster("b") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
    { kind: "add_backend", value: backend("b", "two", "127.0.0.1:2") },
    { kind: "add_http_frontend", value: frontend("x.test", "/") },
    { kind: "add_https_frontend", value: frontend("x.test", "/") },
    { kind: "add_http_frontend", value: frontend("y.test", "/", { cluster_id: "b" }) },
    { kind: "add_http_frontend", value: denied },
    { kind: "add_tcp_frontend", value: { ...stream, alpn: [] } },
    { kind: "add_udp_frontend", value: stream },
  );
  assert.equal(state.tables.clusters.get("a")?.http2, true);
  assert.equal(state.counts().frontends, 6);
  accept(state, { kind: "remove_cluster", value: "a" });
  assert.equal(refuse(state, { kind: "remove_cluster", value: "a" }), "not_found");
  assert.deepEqual(state.counts(), { clusters: 1, backends: 1, frontends: 2 });
  const kept = [...state.tables.httpFrontends.entries().values()];
  assert.deepEqual(kept.map(({ hostname }) => hostname), ["y.test", "denied.test"]);
});

Deno.test("AddBackend needs its cluster", () => {
  const verb: Verb = { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") };
  assert.equal(refuse(stateWith(), verb), "not_found");
  accept(stateWith({ kind: "add_cluster", value: cluster("a") }), verb);
});

Deno.test("goneAlready() tells removals that another one has taken along from those that name nothing", () => {
  const state = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_http_frontend", value: frontend("x.test", "/", { cluster_id: "b" }) },
  );
  const route = (cluster_id: string): Verb => ({
    kind: "remove_http_frontend",
    value: frontend("x.test", "/", { cluster_id }),
  });
  const server = (id: string): Verb => ({
    kind: "remove_backend",
    value: backend(id, "one", "127.0.0.1:1"),
  });
  assert.equal(goneAlready(state, server("a")), null);
  assert.equal(goneAlready(state, server("ghost")), 'there is no cluster "ghost"');
  assert.match(goneAlready(state, route("ghost")) ?? "", /belongs to cluster "b"$/);
  assert.equal(goneAlready(state, { kind: "remove_cluster", value: "ghost" }), null);
});

Deno.test("AddCluster refuses and does not store a health check with CR or LF in its URI", () => {
  const state = stateWith();
  const health_check = {
    uri: "/a\r\nX-Evil: 1",
    interval: 1,
    timeout: 1,
    healthy_threshold: 1,
    unhealthy_threshold: 1,
    expected_status: 0,
    mode: 0,
    accepted_statuses: [],
    headers: [],
  };
  const verb = { kind: "add_cluster" as const, value: cluster("a", { health_check }) };
  assert.equal(refuse(state, verb), "invalid_value");
  assert.equal(state.tables.clusters.get("a"), undefined);
});

Deno.test("SetHealthCheck is stored in its cluster and RemoveHealthCheck takes it away", () => {
  const config = {
    uri: "/up",
    interval: 5,
    timeout: 9,
    healthy_threshold: 1,
    unhealthy_threshold: 1,
    expected_status: 204,
    mode: 0,
    accepted_statuses: [],
    headers: [],
  };
  const state = stateWith({ kind: "add_cluster", value: cluster("a") });
  accept(state, { kind: "set_health_check", value: { cluster_id: "a", config } });
  assert.deepEqual([...healthChecks(state.tables).map], [["a", config]]);
  assert.deepEqual([...healthChecks(state.tables, "b").map], []);
  const bad = { cluster_id: "a", config: { ...config, interval: 0 } };
  assert.equal(refuse(state, { kind: "set_health_check", value: bad }), "invalid_value");
  const unknown = { cluster_id: "b", config };
  assert.equal(refuse(state, { kind: "set_health_check", value: unknown }), "not_found");
  accept(state, { kind: "remove_health_check", value: "a" });
  assert.deepEqual([...healthChecks(state.tables, "a").map], []);
  assert.equal(refuse(state, { kind: "remove_health_check", value: "b" }), "not_found");
});

Deno.test("a cluster has a port for its probes or backends behind unix sockets, never both", () => {
  const config = { ...HealthCheckConfig.empty(), uri: "/", port: 81 };
  const probed: Verb = { kind: "add_cluster", value: cluster("a", { health_check: config }) };
  const check: Verb = { kind: "set_health_check", value: { cluster_id: "a", config } };
  const unix = { ...backend("a", "one", "127.0.0.1:1"), unix_path: "/run/one.sock" };
  const behind: Verb = { kind: "add_backend", value: unix };
  const state = stateWith({ kind: "add_cluster", value: cluster("a") }, behind);
  assert.equal(refuse(state, probed), "invalid_value");
  assert.equal(refuse(state, check), "invalid_value");
  // Clusters of UDP are checked in another way.
  const udp: Verb = { kind: "add_cluster", value: cluster("b", { health_check: config, udp: {} }) };
  accept(state, udp);
  accept(state, { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") });
  accept(state, check);
  assert.equal(refuse(state, behind), "invalid_value");
  accept(state, { kind: "remove_health_check", value: "a" });
  accept(state, behind);
});

Deno.test("AddBackend replaces a backend of the same id and address", () => {
  const state = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1", { sticky_id: "s" }) },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:2") },
  );
  const stored = state.tables.backends.sortedOf("a");
  assert.deepEqual(stored.map(({ sticky_id }) => sticky_id), [undefined, "s"]);
  assert.equal(state.counts().backends, 2);
});

Deno.test("RemoveBackend takes one of ten, and finds nothing to change the second time", () => {
  const state = stateWith({ kind: "add_cluster", value: cluster("a") });
  for (let port = 1; port <= 10; port++) {
    accept(state, { kind: "add_backend", value: backend("a", "one", `127.0.0.1:${port}`) });
  }
  const gone = { cluster_id: "a", backend_id: "one", address: address("127.0.0.1:5") };
  accept(state, { kind: "remove_backend", value: gone });
  assert.equal(state.counts().backends, 9);
  assert.equal(refuse(state, { kind: "remove_backend", value: gone }), "no_change");
  const other = { ...gone, cluster_id: "b" };
  assert.equal(refuse(state, { kind: "remove_backend", value: other }), "not_found");
});

Deno.test("AddHttpFrontend refuses a taken route and an unknown position", () => {
  const state = stateWith({ kind: "add_http_frontend", value: frontend("x.test", "/") });
  const same = frontend("x.test", "/", { cluster_id: "b", position: RulePosition.PRE });
  assert.equal(refuse(state, { kind: "add_http_frontend", value: same }), "already_exists");
  accept(state, { kind: "add_https_frontend", value: same });
  accept(state, { kind: "add_http_frontend", value: frontend("x.test", "/", { method: "GET" }) });
  const odd = frontend("y.test", "/", { position: 9 });
  assert.equal(refuse(state, { kind: "add_http_frontend", value: odd }), "unknown_enum_value");
});

Deno.test("RemoveHttpFrontend goes by its key and its cluster alone", () => {
  const state = stateWith({ kind: "add_http_frontend", value: frontend("x.test", "/") });
  const other = { kind: "remove_http_frontend" as const, value: frontend("x.test", "/api") };
  assert.equal(refuse(state, other), "not_found");
  const { cluster_id: _, ...denied } = frontend("x.test", "/", { position: 0 });
  for (const value of [{ ...denied, cluster_id: "zzz" }, denied]) {
    assert.equal(refuse(state, { kind: "remove_http_frontend", value }), "not_found");
  }
  accept(state, { kind: "remove_http_frontend", value: { ...denied, cluster_id: "a" } });
  assert.equal(state.counts().frontends, 0);
  accept(state, { kind: "add_http_frontend", value: denied });
  const owned = { ...denied, cluster_id: "zzz" };
  assert.equal(refuse(state, { kind: "remove_http_frontend", value: owned }), "not_found");
  accept(state, { kind: "remove_http_frontend", value: denied });
});

Deno.test("AddTcpFrontend gives an address to one frontend, RemoveTcpFrontend ignores tags", () => {
  const at = address("127.0.0.1:7000");
  const plain = { cluster_id: "a", address: at, tags: new Map<string, string>(), alpn: [] };
  const tagged = { ...plain, tags: new Map([["k", "v"]]) };
  const state = stateWith({ kind: "add_tcp_frontend", value: tagged });
  for (const value of [tagged, plain, { ...plain, cluster_id: "b" }]) {
    assert.equal(refuse(state, { kind: "add_tcp_frontend", value }), "already_exists");
  }
  const elsewhere = { ...plain, address: address("127.0.0.1:7001") };
  assert.equal(refuse(state, { kind: "remove_tcp_frontend", value: elsewhere }), "no_change");
  const unknown = { ...plain, cluster_id: "b" };
  assert.equal(refuse(state, { kind: "remove_tcp_frontend", value: unknown }), "not_found");
  assert.equal(state.counts().frontends, 1);
  accept(state, { kind: "remove_tcp_frontend", value: plain });
  assert.equal(state.counts().frontends, 0);
});

Deno.test("counts() sums backends over clusters and frontends over protocols", () => {
  const stream = { cluster_id: "a", address: address("127.0.0.1:7000"), tags: new Map(), alpn: [] };
  const state = stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_cluster", value: cluster("b") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
    { kind: "add_backend", value: backend("b", "one", "127.0.0.1:1") },
    { kind: "add_backend", value: backend("b", "two", "127.0.0.1:2") },
    { kind: "add_http_frontend", value: frontend("x.test", "/") },
    { kind: "add_https_frontend", value: frontend("x.test", "/") },
    { kind: "add_tcp_frontend", value: stream },
    { kind: "add_udp_frontend", value: stream },
  );
  assert.deepEqual(state.counts(), { clusters: 2, backends: 3, frontends: 4 });
});
