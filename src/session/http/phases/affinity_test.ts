import assert from "node:assert/strict";
import { exchangeOf } from "../../../../tests/support/session/exchanges.ts";
import { asciiBytes } from "../../../bytes/ascii.ts";
import { type FlowKey, ReusableFlowKey, sourceKey } from "../../../balancing/flows/flow_key.ts";
import { LoadBalancing } from "../../../balancing/policy.ts";
import { type Affinity, type Cluster, DEFAULT_SETTINGS } from "../../cluster.ts";
import type { Exchange } from "../exchange.ts";
import { editRequest } from "./edit.ts";
import { findFlowKey } from "./affinity.ts";
import { pickBackend } from "./connect.ts";
import { matchRoute } from "./match.ts";

const TENANT: Affinity = { from: "header", name: asciiBytes("x-tenant") };
const SESSION: Affinity = { from: "cookie", name: asciiBytes("sid") };
/** The address of the clients of these exchanges. */
const CLIENT = sourceKey("192.0.2.1");

/** A request with these lines to a cluster that wants a key. */
function routed(lines: string, affinity: Affinity | null, algorithm: number = LoadBalancing.HRW) {
  const exchange = exchangeOf(`GET / HTTP/1.1\r\nHost: a.test${lines}`);
  assert.equal(matchRoute(exchange), 0);
  const cluster = exchange.cluster as Cluster;
  cluster.settings = { ...DEFAULT_SETTINGS, affinity };
  cluster.backends.setPolicy(algorithm, 0);
  return { exchange, cluster };
}

function keyOf(lines: string, affinity: Affinity | null, algorithm?: number) {
  const { exchange, cluster } = routed(lines, affinity, algorithm);
  findFlowKey(exchange, cluster);
  return plain(exchange);
}

function plain({ flowKey }: Exchange): FlowKey | null {
  return flowKey === null ? null : { high: flowKey.high, low: flowKey.low };
}

function valueKey(text: string): FlowKey {
  const { high, low } = new ReusableFlowKey().ofValue(asciiBytes(text), 0, text.length);
  return { high, low };
}

Deno.test("findFlowKey() takes the address of the client unless the cluster names something else", () => {
  for (const algorithm of [LoadBalancing.HRW, LoadBalancing.MAGLEV]) {
    assert.deepEqual(keyOf("\r\nX-Tenant: one", null, algorithm), CLIENT);
  }
});

Deno.test("findFlowKey() finds no key where nothing depends on it, and for shards whatever the policy", () => {
  assert.equal(keyOf("\r\nX-Tenant: one", TENANT, LoadBalancing.ROUND_ROBIN), null);
  const { exchange, cluster } = routed("", null, LoadBalancing.ROUND_ROBIN);
  cluster.backends.setSharding({ percent: 10, minimum: 2, strict: false });
  findFlowKey(exchange, cluster);
  assert.deepEqual(plain(exchange), CLIENT);
});

Deno.test("findFlowKey() takes the first header of the name, in any case", () => {
  assert.deepEqual(keyOf("\r\nX-TENANT:  one \r\nx-tenant: two", TENANT), valueKey("one"));
  assert.deepEqual(keyOf("\r\nX-Tenants: one", TENANT), CLIENT);
  assert.deepEqual(keyOf("\r\nX-Tenant:\r\nX-Tenant: two", TENANT), CLIENT);
  assert.deepEqual(keyOf("\r\nX-Tenant: 192.0.2.1", TENANT), valueKey("192.0.2.1"));
});

Deno.test("findFlowKey() takes the cookie of the name as it is written", () => {
  for (
    const lines of [
      "\r\nCookie: sid=abc",
      "\r\nCookie: other=1; sid=abc; sid=later",
      "\r\nCookie: other=1;sid=abc",
      "\r\nCookie: xsid=no; a=sid=no\r\ncookie: b=2; sid=abc",
      "\r\nCookie: SID=no; sid=abc;",
    ]
  ) assert.deepEqual(keyOf(lines, SESSION), valueKey("abc"), lines);
  assert.deepEqual(keyOf("\r\nCookie: sid=a=b", SESSION), valueKey("a=b"));
  for (const lines of ["", "\r\nCookie: sid=", "\r\nCookie: sid", "\r\nX: sid=abc"]) {
    assert.deepEqual(keyOf(lines, SESSION), CLIENT, lines);
  }
});

Deno.test("findFlowKey() reads what the client sent, whatever is passed on of it", () => {
  const lines = "\r\nConnection: x-tenant\r\nX-Tenant: one\r\nCookie: sticky=abc; a=1";
  const sticky: Affinity = { from: "cookie", name: asciiBytes("sticky") };
  for (const [affinity, value] of [[TENANT, "one"], [sticky, "abc"]] as const) {
    const { exchange, cluster } = routed(lines, affinity);
    editRequest(exchange, false);
    findFlowKey(exchange, cluster);
    assert.deepEqual(plain(exchange), valueKey(value));
  }
});

Deno.test("a request that is sent again keeps its key, and the next one finds its own", () => {
  const { exchange, cluster } = routed("\r\nX-Tenant: one", TENANT);
  pickBackend(exchange, cluster);
  const first = plain(exchange);
  exchange.request.bytes.fill(0);
  pickBackend(exchange, cluster);
  assert.deepEqual(plain(exchange), first);
  assert.deepEqual(first, valueKey("one"));
});
