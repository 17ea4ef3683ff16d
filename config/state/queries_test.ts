import assert from "node:assert/strict";
import { clusterIdsByDomain, informationOf, listFrontends, listListeners } from "./queries.ts";
import { PathRuleKind } from "../schema/messages.ts";
import type { ListedFrontends } from "../schema/messages.ts";
import {
  accept,
  address,
  backend,
  cluster,
  frontend,
  httpListener,
  stateWith,
} from "../../tests/support/config/state.ts";

const equals = (value: string) => ({ kind: PathRuleKind.EQUALS, value });

function sample() {
  const stream = { cluster_id: "a", address: address("127.0.0.1:7000"), tags: new Map(), alpn: [] };
  return stateWith(
    { kind: "add_cluster", value: cluster("a") },
    { kind: "add_cluster", value: cluster("b") },
    { kind: "add_http_frontend", value: frontend("x.test", "/") },
    { kind: "add_https_frontend", value: frontend("x.test", "/", { cluster_id: "b" }) },
    {
      kind: "add_http_frontend",
      value: frontend("x.test", "", { cluster_id: "b", path: equals("/api") }),
    },
    { kind: "add_http_frontend", value: frontend("sub.x.test", "/", { cluster_id: "ghost" }) },
    { kind: "add_tcp_frontend", value: stream },
    { kind: "add_udp_frontend", value: stream },
    { kind: "add_backend", value: backend("a", "two", "127.0.0.1:2") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:9") },
  );
}

Deno.test("informationOf() gathers what belongs to a cluster, and nothing of one that does not exist", () => {
  const state = sample();
  const [information] = informationOf(state.tables, new Set(["a"]));
  assert.equal(information?.configuration?.cluster_id, "a");
  assert.deepEqual(information?.http_frontends.map(({ hostname }) => hostname), ["x.test"]);
  assert.deepEqual(information?.https_frontends, []);
  assert.equal(information?.tcp_frontends.length, 1);
  assert.equal(information?.udp_frontends.length, 1);
  assert.deepEqual(information?.backends.map(({ backend_id }) => backend_id), ["one", "two"]);
  assert.deepEqual(informationOf(state.tables, new Set(["ghost"])), []);
});

Deno.test("clusterIdsByDomain() wants the exact host name, and the exact path when given", () => {
  const state = sample();
  const deny = frontend("x.test", "/none");
  delete deny.cluster_id;
  accept(state, { kind: "add_http_frontend", value: deny });
  const ids = (
    hostname: string,
    path?: string,
  ) => [...clusterIdsByDomain(state.tables, hostname, path)];
  assert.deepEqual(ids("x.test"), ["a", "b"]);
  assert.deepEqual(ids("x.test", "/api"), ["b"]);
  assert.deepEqual(ids("x.test", "/"), ["a", "b"]);
  assert.deepEqual(ids("x.test", "/ap"), []);
  assert.deepEqual(ids("test"), []);
});

Deno.test("listFrontends() shows UDP by default and with the tcp flag only", () => {
  const state = sample();
  const sizes = (list: ListedFrontends) => [
    list.http_frontends.length,
    list.https_frontends.length,
    list.tcp_frontends.length,
    list.udp_frontends.length,
  ];
  const none = { http: false, https: false, tcp: false };
  assert.deepEqual(sizes(listFrontends(state.tables, none)), [3, 1, 1, 1]);
  assert.deepEqual(sizes(listFrontends(state.tables, { ...none, tcp: true })), [0, 0, 1, 1]);
  assert.deepEqual(sizes(listFrontends(state.tables, { ...none, http: true })), [3, 0, 0, 0]);
  assert.deepEqual(sizes(listFrontends(state.tables, { ...none, https: true })), [0, 1, 0, 0]);
  assert.deepEqual(sizes(listFrontends(state.tables, { ...none, domain: "x.test" })), [3, 1, 0, 0]);
  assert.deepEqual(sizes(listFrontends(state.tables, { ...none, domain: "sub" })), [1, 0, 0, 0]);
  assert.deepEqual(sizes(listFrontends(state.tables, { ...none, tcp: true, domain: "x" })), [
    0,
    0,
    0,
    0,
  ]);
});

Deno.test("listListeners() has the textual addresses as keys", () => {
  const state = stateWith(
    { kind: "add_http_listener", value: httpListener() },
    { kind: "add_http_listener", value: httpListener({ address: address("[::1]:80") }) },
  );
  const list = listListeners(state.tables);
  assert.deepEqual([...list.http_listeners.keys()], ["127.0.0.1:80", "[::1]:80"]);
  assert.equal(list.tcp_listeners.size, 0);
});

Deno.test("dump() has the documented order and regenerates UDP frontends", () => {
  const state = sample();
  accept(state, { kind: "add_http_listener", value: httpListener({ active: true }) });
  assert.deepEqual(state.dump().map(({ request_type }) => request_type?.kind), [
    "add_http_listener",
    "activate_listener",
    "add_cluster",
    "add_cluster",
    "add_http_frontend",
    "add_http_frontend",
    "add_http_frontend",
    "add_https_frontend",
    "add_tcp_frontend",
    "add_udp_frontend",
    "add_backend",
    "add_backend",
  ]);
});

Deno.test("a state stays quick with a hundred thousand objects", () => {
  const state = stateWith({ kind: "add_cluster", value: cluster("a") });
  const time = (count: number, from: number) => {
    const start = performance.now();
    for (let n = from; n < from + count; n++) {
      const at = `10.0.${n >> 8 & 255}.${n & 255}:80`;
      accept(state, { kind: "add_backend", value: backend("a", `b-${n}`, at) });
      accept(state, { kind: "add_http_frontend", value: frontend(`h${n}.test`, "/") });
      state.counts();
    }
    return (performance.now() - start) / count;
  };
  time(5_000, 0);
  const few = time(5_000, 5_000);
  time(90_000, 10_000);
  const many = time(5_000, 100_000);
  assert.ok(many < few * 10 + 0.05, `${few} ms grew to ${many} ms for each pair`);
});
