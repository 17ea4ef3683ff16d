// What a client may ask for: for each kind of value a request can carry, one that must be refused with
// the field's name, by the one function every way in uses.

import assert from "node:assert/strict";
import * as messages from "../schema/messages.ts";
import type { Verb } from "../state/verbs.ts";
import {
  accept,
  address,
  backend,
  cluster,
  frontend,
  httpListener,
  httpsListener,
  refuse,
  refusedField,
  stateWith,
} from "../../tests/support/config/state.ts";

const {
  ActivateListener,
  HeaderPosition,
  PathRuleKind,
  RequestTcpFrontend,
  TcpListenerConfig,
  UpdateHttpListenerConfig,
  UpdateHttpsListenerConfig,
  UpdateTcpListenerConfig,
} = messages;

const LINE_BREAK = "x\r\nX-Injected: 1";

function fieldOf(verb: Verb): string | undefined {
  return refusedField(stateWith(), verb);
}

const listener = (changes: Partial<messages.HttpListenerConfig>): Verb => ({
  kind: "add_http_listener",
  value: httpListener(changes),
});
const patch = (changes: Partial<messages.UpdateHttpListenerConfig>): Verb => ({
  kind: "update_http_listener",
  value: { ...UpdateHttpListenerConfig.empty(), address: address("127.0.0.1:80"), ...changes },
});
const httpsPatch = (changes: Partial<messages.UpdateHttpsListenerConfig>): Verb => ({
  kind: "update_https_listener",
  value: { ...UpdateHttpsListenerConfig.empty(), address: address("127.0.0.1:443"), ...changes },
});
const route = (changes: Partial<messages.RequestHttpFrontend>): Verb => ({
  kind: "add_http_frontend",
  value: frontend("x.test", "/", changes),
});
const group = (changes: Partial<messages.Cluster>): Verb => ({
  kind: "add_cluster",
  value: cluster("a", changes),
});
const server = (changes: Partial<messages.AddBackend>): Verb => ({
  kind: "add_backend",
  value: backend("a", "one", "127.0.0.1:80", changes),
});
const edit = (key: string, val: string, position: number = HeaderPosition.REQUEST): Verb =>
  route({ headers: [{ position: position as messages.HeaderPosition, key, val }] });
const port = (value: number) => ({ ...address("127.0.0.1:80"), port: value });

/** Asserts that each verb is refused for the field it is listed with. */
function assertRefused(rows: readonly (readonly [string, Verb])[]): void {
  for (const [field, verb] of rows) {
    assert.equal(fieldOf(verb), field, `${verb.kind} ${field}`);
  }
}

Deno.test("a text that ends in a head holds no line break, whatever the verb", () => {
  assertRefused([
    ["sticky_name", listener({ sticky_name: LINE_BREAK })],
    ["sticky_name", patch({ sticky_name: LINE_BREAK })],
    ["sticky_name", httpsPatch({ sticky_name: LINE_BREAK })],
    ["sticky_name", {
      kind: "add_https_listener",
      value: httpsListener({ sticky_name: LINE_BREAK }),
    }],
    ["sozu_id_header", listener({ sozu_id_header: LINE_BREAK })],
    ["sozu_id_header", patch({ sozu_id_header: LINE_BREAK })],
    ["sticky_id", server({ sticky_id: LINE_BREAK })],
    ["backend_id", server({ backend_id: LINE_BREAK })],
    ["cluster_id", server({ cluster_id: LINE_BREAK })],
    ["cluster_id", group({ cluster_id: LINE_BREAK })],
    ["www_authenticate", group({ www_authenticate: LINE_BREAK })],
    ["answers.503", group({ answers: new Map([["503", `HTTP/1.1 503 ${LINE_BREAK}`]]) })],
    ["cluster_id", route({ cluster_id: LINE_BREAK })],
    ["hostname", route({ hostname: LINE_BREAK })],
    ["path", route({ path: { kind: PathRuleKind.PREFIX, value: `/${LINE_BREAK}` } })],
    ["method", route({ method: LINE_BREAK })],
    ["rewrite_host", route({ rewrite_host: LINE_BREAK })],
    ["rewrite_path", route({ rewrite_path: `/${LINE_BREAK}` })],
    ["headers", edit(LINE_BREAK, "v")],
    ["headers", edit("X-Edit", LINE_BREAK)],
    ["redirect_template", route({ redirect: 1, redirect_template: `HTTP/1.1 301 ${LINE_BREAK}` })],
    ["tags", route({ tags: new Map([["owner", LINE_BREAK]]) })],
  ]);
});

Deno.test("a sticky cookie has a name and values that cookies can have", () => {
  for (const bad of ["a b", "a=b", "a;b", "é", 'a"b', "a,b"]) {
    assert.equal(fieldOf(listener({ sticky_name: bad })), "sticky_name", bad);
  }
  for (const bad of ["", "a b", "a;Domain=x", "é", 'a"b', "a,b", "a\\b"]) {
    assert.equal(fieldOf(server({ sticky_id: bad })), "sticky_id", bad);
  }
  accept(stateWith(), listener({ sticky_name: "SOZU.id-1" }));
  accept(stateWith(), listener({ sticky_name: "" }));
  const needed: Verb = { kind: "add_cluster", value: cluster("a") };
  accept(stateWith(needed), server({ sticky_id: "web-1:80/a=b" }));
});

Deno.test("no configured header can frame a message or belong to the connection", () => {
  const framing = [
    "Content-Length",
    "transfer-encoding",
    "Connection",
    "Upgrade",
    "Trailer",
    "TE",
    "Keep-Alive",
    "Proxy-Connection",
    "HTTP2-Settings",
  ];
  for (const name of framing) {
    assert.equal(fieldOf(listener({ sozu_id_header: name })), "sozu_id_header", name);
    assert.equal(fieldOf(patch({ sozu_id_header: name })), "sozu_id_header", name);
    assert.equal(fieldOf(httpsPatch({ sozu_id_header: name })), "sozu_id_header", name);
    assert.equal(fieldOf(edit(name, "1")), "headers", name);
  }
  assert.equal(fieldOf(listener({ sozu_id_header: "Host" })), "sozu_id_header");
  assert.equal(fieldOf(edit("Host", "a/b@c")), "headers");
  assert.equal(fieldOf(edit("Host", "")), "headers");
  accept(stateWith(), edit("Host", "inner.example:8080"));
  accept(stateWith(), edit("X-Removed", ""));
});

Deno.test("a port, a weight or a number out of range is refused, not cut", () => {
  assertRefused([
    ["address.port", server({ address: port(101_439) })],
    ["address.port", server({ address: port(0) })],
    ["address.port", {
      kind: "remove_backend",
      value: { ...backend("a", "one", "1.1.1.1:1"), address: port(65_536) },
    }],
    ["address.port", listener({ address: port(101_439) })],
    ["public_address.port", patch({ public_address: port(70_000) })],
    ["address.port", route({ address: port(70_000) })],
    ["load_balancing_parameters.weight", server({ load_balancing_parameters: { weight: -5 } })],
    ["rewrite_port", route({ rewrite_port: 0 })],
    ["rewrite_port", route({ rewrite_port: 65_536 })],
    ["https_redirect_port", group({ https_redirect_port: 65_536 })],
    ["h2_max_glitch_count", listener({ h2_max_glitch_count: 0 })],
    ["h2_stream_shrink_ratio", listener({ h2_stream_shrink_ratio: 1 })],
    ["front_timeout", listener({ front_timeout: 0 })],
    ["connect_timeout", patch({ connect_timeout: 0 })],
    ["health_check.expected_status", {
      kind: "set_health_check",
      value: {
        cluster_id: "a",
        config: { ...messages.HealthCheckConfig.empty(), uri: "/", expected_status: 99 },
      },
    }],
  ]);
});

Deno.test("a number that names nothing in an enum is refused, whatever the verb", () => {
  assertRefused([
    ["load_balancing", group({ load_balancing: 99 as messages.LoadBalancingAlgorithms })],
    ["load_metric", group({ load_metric: 9 as messages.LoadMetric })],
    ["proxy_protocol", group({ proxy_protocol: 3 as messages.ProxyProtocolConfig })],
    ["redirect", route({ redirect: 77 as messages.RedirectPolicy })],
    ["redirect_scheme", route({ redirect_scheme: 3 as messages.RedirectScheme })],
    ["position", route({ position: 3 as messages.RulePosition })],
    ["path.kind", route({ path: { kind: 3 as messages.PathRuleKind, value: "/" } })],
    ["headers[0].position", edit("X-A", "1", 9)],
    ["headers[0].position", edit("X-A", "1", HeaderPosition.HEADER_POSITION_UNSPECIFIED)],
    ["proxy", {
      kind: "activate_listener",
      value: {
        ...ActivateListener.empty(),
        address: address("127.0.0.1:80"),
        proxy: 9 as messages.ListenerType,
      },
    }],
    ["configure_metrics", { kind: "configure_metrics", value: 9 as messages.MetricsConfiguration }],
    ["versions[0]", {
      kind: "add_https_listener",
      value: httpsListener({ versions: [17 as messages.TlsVersion] }),
    }],
  ]);
});

Deno.test("a route that can never match is refused with the reason", () => {
  for (
    const hostname of [
      "",
      "a b.test",
      "x.test:8080",
      "a..test",
      ".test",
      "x.test/",
      "a*.test",
      `${"a".repeat(64)}.test`,
      `${"abcdefgh.".repeat(29)}test`,
    ]
  ) {
    assert.equal(fieldOf(route({ hostname })), "hostname", hostname);
  }
  for (const value of ["api", " /", "/a b", "/#top", "/é", "http://x.test/"]) {
    for (const kind of [PathRuleKind.PREFIX, PathRuleKind.EQUALS]) {
      assert.equal(fieldOf(route({ path: { kind, value } })), "path", value);
    }
  }
  assert.equal(fieldOf(route({ path: { kind: PathRuleKind.EQUALS, value: "" } })), "path");
  assert.equal(fieldOf(route({ path: { kind: PathRuleKind.REGEX, value: "(" } })), "path");
  assert.equal(fieldOf(route({ method: "GET POST" })), "method");
  assert.equal(fieldOf(route({ method: "" })), "method");
  for (const hostname of ["*", "*.test", "x_1.test", "xn--bcher-kva.test", "/w[0-9]+/.test"]) {
    accept(stateWith(), route({ hostname }));
  }
  for (const value of ["", "/", "/a?b=c", "*"]) {
    accept(stateWith(), route({ path: { kind: PathRuleKind.PREFIX, value } }));
  }
  const sni = (name: string): Verb => ({
    kind: "add_tcp_frontend",
    value: {
      ...RequestTcpFrontend.empty(),
      cluster_id: "a",
      address: address("1.1.1.1:1"),
      sni: name,
    },
  });
  assert.equal(fieldOf(sni("a b")), "sni");
  assert.equal(fieldOf(sni("x.test:80")), "sni");
  accept(stateWith(), sni("*.x.test"));
});

Deno.test("a rewrite or redirect that could not be rendered is refused", () => {
  assertRefused([
    ["rewrite_host", route({ rewrite_host: "$HOST[7]" })],
    ["rewrite_host", route({ rewrite_host: "a/b" })],
    ["rewrite_path", route({ rewrite_path: "no-slash" })],
    ["rewrite_path", route({ rewrite_path: "/$PATH[9]" })],
    ["redirect_template", route({ redirect: 1, redirect_template: "gone" })],
    ["hsts", route({ hsts: { enabled: true, max_age: 1 } })],
    ["answers.404", listener({ answers: new Map([["404", "not a response"]]) })],
    ["answers.404", patch({ answers: new Map([["404", "not a response"]]) })],
    ["answers.404", listener({ http_answers: { answer_404: "not a response" } })],
    ["answers.503", group({ answer_503: "not a response" })],
    ["answers.teapot", group({ answers: new Map([["teapot", "HTTP/1.1 418 x\r\n\r\n"]]) })],
    ["versions", { kind: "add_https_listener", value: httpsListener({ versions: [0, 1] }) }],
    ["hsts.enabled", {
      kind: "add_https_listener",
      value: httpsListener({ hsts: { max_age: 1 } }),
    }],
    ["alpn_protocols[0]", {
      kind: "add_https_listener",
      value: httpsListener({ alpn_protocols: ["h3"] }),
    }],
    ["key", {
      kind: "add_tcp_listener",
      value: {
        ...TcpListenerConfig.empty(),
        address: address("1.1.1.1:1"),
        front_timeout: 1,
        certificate: "x",
      },
    }],
    ["certificate", {
      kind: "update_tcp_listener",
      value: { ...UpdateTcpListenerConfig.empty(), address: address("1.1.1.1:1"), key: "x" },
    }],
  ]);
});

Deno.test("the same route is the same in any spelling that requests cannot tell apart", () => {
  const state = stateWith({
    kind: "add_http_frontend",
    value: frontend("x.test", "/", { method: "GET" }),
  });
  const again = frontend("X.TEST", "/", { method: "GET" });
  assert.equal(refuse(state, { kind: "add_http_frontend", value: again }), "already_exists");
  // Requests tell methods apart by their case.
  const other = frontend("x.test", "/", { method: "get" });
  accept(state, { kind: "add_http_frontend", value: other });
  accept(state, { kind: "remove_http_frontend", value: frontend("X.Test", "/", other) });
  assert.equal(state.counts().frontends, 1);
});
