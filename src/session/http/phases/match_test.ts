import assert from "node:assert/strict";
import { PathRuleKind, RulePosition } from "../../../../config/schema/messages.ts";
import { exchangeOf, type ExchangeSettings } from "../../../../tests/support/session/exchanges.ts";
import { shopListener } from "../../../../tests/support/session/http_sessions.ts";
import { testWorkerContext } from "../../../../tests/support/session/worker_context.ts";
import { BackendSet } from "../../../balancing/backend_set.ts";
import { asciiText } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { RouteTable } from "../../../routing/route_table.ts";
import { Cluster, type ClusterSettings, DEFAULT_SETTINGS } from "../../cluster.ts";
import type { Route } from "../../listener_context.ts";
import { Reason } from "../../reason.ts";
import type { Exchange } from "../exchange.ts";
import { type RoutePolicy, SILENT_CLOSE } from "../route_policy.ts";
import { matchRoute } from "./match.ts";

const GET = "GET /x?y HTTP/1.1\r\nHost: a.test";
const CONNECT = "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443";

const PLAIN: RoutePolicy = {
  redirect: null,
  redirectScheme: null,
  redirectTemplate: null,
  silent: false,
  unauthorized: false,
  requiresAuth: false,
  rewriteHost: null,
  rewritePath: null,
  rewritePort: null,
  requestEdits: null,
  responseEdits: null,
};

/** A listener with one route for `a.test`. */
function listenerFor(
  settings: Partial<ClusterSettings> | null,
  policy: Partial<RoutePolicy> | null = null,
) {
  const cluster = settings === null ? null : new Cluster("shop", new BackendSet(() => 0));
  if (cluster !== null) cluster.settings = { ...DEFAULT_SETTINGS, ...settings };
  const routes = new RouteTable<Route>();
  const path = { kind: PathRuleKind.PREFIX, value: "/" };
  const rule = { position: RulePosition.TREE, hostname: "a.test", path, method: null };
  const route = { cluster, policy: policy && { ...PLAIN, ...policy }, hsts: null, tags: null };
  assert.equal(routes.add(rule, route), null);
  return { listener: shopListener({ routes }), cluster };
}

/** The status that routing answers with, the reason it gives, and the exchange. */
function match(head: string, settings: ExchangeSettings): [number, Reason, Exchange] {
  const exchange = exchangeOf(head, settings);
  return [matchRoute(exchange), exchange.account.reason, exchange];
}

Deno.test("matchRoute() finds the cluster of a request and notes it in its account", () => {
  const { listener, cluster } = listenerFor({});
  const [status, reason, exchange] = match(GET, { listener });
  assert.deepEqual([status, reason], [0, Reason.NONE]);
  assert.equal(exchange.cluster, cluster);
  assert.equal(exchange.account.cluster, cluster);
});

Deno.test("matchRoute() says why a request has no route", () => {
  const { listener } = listenerFor({});
  const [status, reason] = match("GET / HTTP/1.1\r\nHost: b.test", { listener });
  assert.deepEqual([status, reason], [404, Reason.NO_ROUTE]);
  const denied = match(GET, { listener: listenerFor(null).listener });
  assert.deepEqual(denied.slice(0, 2), [401, Reason.DENIED]);
});

Deno.test("matchRoute() redirects to HTTPS where the cluster asks for it, with its port", () => {
  const { listener } = listenerFor({ httpsRedirect: true, httpsRedirectPort: 8443 });
  const [status, reason, exchange] = match(GET, { listener });
  assert.deepEqual([status, reason], [301, Reason.REDIRECTED]);
  assert.equal(exchange.extras.location, "https://a.test:8443/x?y");
});

Deno.test("matchRoute() redirects and denies as the route's policy says", () => {
  const redirects = listenerFor({}, { redirect: 308, redirectScheme: "https" }).listener;
  const [status, , exchange] = match(GET, { listener: redirects });
  assert.equal(status, 308);
  assert.equal(exchange.extras.location, "https://a.test/x?y");
  const denies = listenerFor({}, { unauthorized: true }).listener;
  assert.deepEqual(match(GET, { listener: denies }).slice(0, 2), [401, Reason.DENIED]);
  const asks = listenerFor({}, { requiresAuth: true }).listener;
  assert.deepEqual(match(GET, { listener: asks }).slice(0, 2), [401, Reason.UNAUTHENTICATED]);
});

Deno.test("matchRoute() closes without an answer before anything else is asked", () => {
  for (const cluster of [null, { httpsRedirect: true }]) {
    const policy = { silent: true, redirect: 301, unauthorized: true, requiresAuth: true } as const;
    const { listener } = listenerFor(cluster, policy);
    for (const head of [GET, CONNECT]) {
      const [status, reason] = match(head, { listener });
      assert.deepEqual([status, reason], [SILENT_CLOSE, Reason.SILENT_CLOSE], head);
    }
  }
});

Deno.test("matchRoute() lets CONNECT through only to a cluster that allows it, and without content", () => {
  const refusing = listenerFor({}).listener;
  assert.deepEqual(match(CONNECT, { listener: refusing }).slice(0, 2), [
    405,
    Reason.METHOD_REFUSED,
  ]);
  const { listener } = listenerFor({ allowConnect: true });
  assert.equal(match(CONNECT, { listener })[0], 0);
  const withBody = `${CONNECT}\r\nContent-Length: 1`;
  assert.deepEqual(match(withBody, { listener }).slice(0, 2), [400, Reason.MALFORMED_REQUEST]);
});

Deno.test("matchRoute() answers 429 with Retry-After to a client that has its connections", () => {
  const { listener } = listenerFor({ maxConnectionsPerIp: 1, retryAfter: 9 });
  const worker = testWorkerContext();
  assert.equal(match(GET, { listener, worker })[0], 0);
  const [status, reason, exchange] = match(GET, { listener, worker });
  assert.deepEqual([status, reason], [429, Reason.CLIENT_LIMITED]);
  assert.equal(exchange.extras.retryAfter, 9);
});

Deno.test("matchRoute() refuses an authority that the certificate of the connection does not cover", () => {
  const tls = {
    serverName: "b.test",
    version: null,
    cipher: null,
    alpn: null,
    resumed: false,
    certificateNames: ["b.test"],
  };
  const listener = { ...listenerFor({}).listener, strictSni: true };
  const worker = testWorkerContext();
  assert.deepEqual(match(GET, { listener, tls, worker }).slice(0, 2), [421, Reason.MISDIRECTED]);
  assert.equal(worker.counters.get(Counter.AUTHORITY_MISMATCH), 1);
});

Deno.test("matchRoute() counts requests of HTTP/2 for another name than that of the connection", () => {
  const { listener: plain } = listenerFor({});
  const tls = {
    serverName: "b.test",
    version: null,
    cipher: null,
    alpn: "h2",
    resumed: false,
    certificateNames: ["a.test", "b.test"],
  };
  const options = { listener: { ...plain, strictSni: true }, tls, worker: testWorkerContext() };
  assert.equal(match(GET, options)[0], 0);
  assert.equal(options.worker.h2Counters.coalescedRequests, 0);
  assert.equal(match(GET, { ...options, protocol: "h2" })[0], 0);
  assert.equal(options.worker.h2Counters.coalescedRequests, 1);
});

Deno.test("matchRoute() takes the sticky cookie out once sticky sessions are in use", () => {
  const { listener } = listenerFor({ sticky: true });
  const worker = testWorkerContext();
  const head = `${GET}\r\nCookie: a=1; sticky=backend-3; b=2`;
  assert.equal(match(head, { listener, worker })[2].extras.stickyValue, null);
  worker.stickyInUse = true;
  const [, , exchange] = match(head, { listener, worker });
  assert.equal(exchange.extras.stickyValue, "backend-3");
  const { bytes, hostStart, hostEnd } = exchange.request;
  assert.equal(asciiText(bytes, hostStart, hostEnd), "a.test");
});
