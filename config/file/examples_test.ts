// The example files load, and `full.toml` shows every key that exists, at its place, with its
// default.

import assert from "node:assert/strict";
import { FILE_KEYS, loadConfig, type LoadResult } from "./load.ts";
import { BACKEND_KEYS } from "./keys/backend.ts";
import { CLUSTER_KEYS } from "./keys/cluster.ts";
import { FRONTEND_KEYS } from "./keys/frontend.ts";
import { HEADER_KEYS } from "./keys/header.ts";
import { HEALTH_CHECK_KEYS, PROBE_HEADER_KEYS } from "./keys/health_check.ts";
import { CLIENT_HEADER_KEYS } from "./keys/client_auth.ts";
import { HSTS_KEYS } from "./keys/hsts.ts";
import { LISTENER_KEYS } from "./keys/listener.ts";
import { METRICS_KEYS } from "./keys/metrics.ts";
import { PROMETHEUS_KEYS } from "./keys/prometheus.ts";
import type { Schema } from "./table.ts";
import { kindsOf, only, requestsOf } from "../../tests/support/config/file.ts";
import { parseToml, type TomlTable, type TomlValue } from "./toml.ts";
import { TRACING_KEYS } from "./keys/tracing.ts";
import { ProxyProtocolConfig } from "../schema/messages.ts";
import { ConfigState } from "../state/state.ts";
import { UDP_HEALTH_KEYS, UDP_KEYS } from "./keys/udp.ts";

function example(name: string): string {
  return Deno.readTextFileSync(new URL(`../examples/${name}`, import.meta.url));
}

function load(name: string, text: string, readFile: (path: string) => string): LoadResult {
  return loadConfig(text, { path: `config/examples/${name}`, cwd: "/checkout", readFile });
}

function noFiles(path: string): string {
  throw new Error(`No such file '${path}'`);
}

/** What an operator is told to make before the example is used. */
function onlyCertificates(path: string): string {
  return path.startsWith("/checkout/config/examples/certs/") ? "PEM" : noFiles(path);
}

/** The file with its commented-out keys and tables put in force. */
function uncommented(text: string): string {
  return text.replaceAll(/^#(?=[a-z0-9_"[])/gm, "");
}

Deno.test("Every example loads without errors and warnings", () => {
  for (const entry of Deno.readDirSync(new URL("../examples", import.meta.url))) {
    if (!entry.name.endsWith(".toml")) continue;
    const result = load(entry.name, example(entry.name), onlyCertificates);
    assert.ok(result.ok, `${entry.name}: ${JSON.stringify(!result.ok && result.errors)}`);
    assert.deepEqual(result.warnings, [], entry.name);
    assert.equal(result.config.command_socket, "/checkout/config/examples/sozu.sock");
  }
});

Deno.test("Every request of every example is accepted by the routing state", () => {
  const names = ["minimal", "demo", "full", "tcp", "sni", "tcp_tls", "proxy_protocol"];
  for (const name of names.map((each) => `${each}.toml`)) {
    const result = load(name, example(name), onlyCertificates);
    assert.ok(result.ok);
    const state = new ConfigState(() => ({ problem: "No example has a certificate" }));
    for (const request of result.config.requests) assert.equal(state.apply(request), null, name);
  }
});

Deno.test("minimal.toml is one listener, one cluster, two backends and one worker", () => {
  const result = load("minimal.toml", example("minimal.toml"), noFiles);
  assert.ok(result.ok);
  assert.equal(result.config.worker_count, 1);
  assert.equal(only(requestsOf(result.config, "add_http_listener")).address.port, 8080);
  const ports = requestsOf(result.config, "add_backend").map(({ address }) => address.port);
  assert.deepEqual(ports, [9001, 9002]);
});

Deno.test("demo.toml is two workers and two clusters with two backends each", () => {
  const result = load("demo.toml", example("demo.toml"), noFiles);
  assert.ok(result.ok);
  assert.equal(result.config.worker_count, 2);
  assert.equal(requestsOf(result.config, "add_cluster").length, 2);
  assert.equal(requestsOf(result.config, "add_backend").length, 4);
  assert.equal(kindsOf(result.config).filter((kind) => kind === "add_http_listener").length, 1);
});

Deno.test("sni.toml gives each name to a cluster of its own, and some protocols to another", () => {
  const result = load("sni.toml", example("sni.toml"), noFiles);
  assert.ok(result.ok);
  assert.deepEqual(
    requestsOf(result.config, "add_tcp_frontend")
      .map(({ cluster_id, sni, alpn }) => [cluster_id, sni, ...alpn]),
    [
      ["www", "www.example.test"],
      ["tenants", "*.example.test"],
      ["mail", "www.example.test", "imap", "smtp"],
    ],
  );
});

Deno.test("tcp_tls.toml ends TLS at its listener, the other TCP listeners pass it", () => {
  const result = load("tcp_tls.toml", example("tcp_tls.toml"), onlyCertificates);
  assert.ok(result.ok);
  const { certificate, key } = only(requestsOf(result.config, "add_tcp_listener"));
  assert.deepEqual([certificate, key], ["PEM", "PEM"]);
  for (const name of ["tcp.toml", "sni.toml", "proxy_protocol.toml"]) {
    const other = load(name, example(name), noFiles);
    assert.ok(other.ok);
    for (const listener of requestsOf(other.config, "add_tcp_listener")) {
      assert.equal(listener.certificate, undefined, name);
    }
  }
});

Deno.test("proxy_protocol.toml expects, sends and relays the header", () => {
  const result = load("proxy_protocol.toml", example("proxy_protocol.toml"), noFiles);
  assert.ok(result.ok);
  assert.equal(only(requestsOf(result.config, "add_http_listener")).expect_proxy, true);
  const modes = requestsOf(result.config, "add_cluster")
    .map(({ cluster_id, proxy_protocol }) => [cluster_id, proxy_protocol]);
  assert.deepEqual(Object.fromEntries(modes), {
    web: undefined,
    database: ProxyProtocolConfig.SEND_HEADER,
    cache: ProxyProtocolConfig.RELAY_HEADER,
  });
});

Deno.test("full.toml loads with every commented-out key put in force", () => {
  const text = uncommented(example("full.toml"))
    // Two pairs of keys exclude each other.
    .replaceAll(/^public_address = .*$/gm, "")
    .replace('redirect = "permanent"', 'redirect = "forward"');
  // An HTTPS frontend needs an HTTPS listener.
  const matched = text.replace(
    'address = "127.0.0.1:8080"\n# A name',
    'address = "127.0.0.1:8443"\n# A name',
  );
  const result = load("full.toml", matched, () => "TEXT");
  assert.ok(result.ok, JSON.stringify(!result.ok && result.errors));
  assert.ok(kindsOf(result.config).includes("add_https_frontend_with_header_predicates"));
});

Deno.test("full.toml shows every accepted key in its table", () => {
  const root = parseToml(uncommented(example("full.toml")));
  assert.equal(root.kind, "table");
  const tables: [string, Schema][] = [
    ["", FILE_KEYS],
    ["metrics", METRICS_KEYS],
    ["prometheus", PROMETHEUS_KEYS],
    ["tracing", TRACING_KEYS],
    ["listeners", LISTENER_KEYS],
    ["listeners.client_certificate_headers", CLIENT_HEADER_KEYS],
    ["listeners.hsts", HSTS_KEYS],
    ["clusters.*", CLUSTER_KEYS],
    ["clusters.*.health_check", HEALTH_CHECK_KEYS],
    ["clusters.*.health_check.headers", PROBE_HEADER_KEYS],
    ["clusters.*.udp", UDP_KEYS],
    ["clusters.*.udp.health", UDP_HEALTH_KEYS],
    ["clusters.*.frontends", FRONTEND_KEYS],
    ["clusters.*.frontends.headers", HEADER_KEYS],
    ["clusters.*.frontends.hsts", HSTS_KEYS],
    ["clusters.*.backends", BACKEND_KEYS],
  ];
  for (const [path, schema] of tables) {
    const shown: Set<string> = new Set(
      tablesAt(root as TomlTable, path).flatMap(({ entries }) => [
        ...entries.keys(),
      ]),
    );
    const missing = Object.keys(schema).filter((key) => !shown.has(key));
    assert.deepEqual(missing, [], path);
  }
});

Deno.test("full.toml shows the defaults of the global keys", () => {
  const sections = example("full.toml");
  const globals = sections.slice(0, sections.indexOf("[metrics]"));
  const shown = load("full.toml", globals, noFiles);
  const silent = load("full.toml", 'command_socket = "./sozu.sock"', noFiles);
  assert.ok(shown.ok && silent.ok);
  assert.deepEqual(shown.config, silent.config);
});

Deno.test("full.toml shows the defaults of listeners and clusters", () => {
  const shown = load("full.toml", example("full.toml"), noFiles);
  const silent = load("full.toml", onlyRequired(example("full.toml")), noFiles);
  assert.ok(shown.ok && silent.ok, JSON.stringify(!silent.ok && silent.errors));
  for (const kind of ["add_http_listener", "add_https_listener", "add_tcp_listener"] as const) {
    assert.deepEqual(requestsOf(shown.config, kind), requestsOf(silent.config, kind));
  }
  for (const kind of ["add_udp_listener", "add_backend", "add_http_frontend"] as const) {
    assert.deepEqual(requestsOf(shown.config, kind), requestsOf(silent.config, kind));
  }
  const clusters = (result: LoadResult) =>
    result.ok ? requestsOf(result.config, "add_cluster").map(({ udp: _, ...rest }) => rest) : [];
  assert.deepEqual(clusters(shown), clusters(silent));
});

/** Drops lines that set an optional key with a default, leaving what the file has to say. */
function onlyRequired(text: string): string {
  const schemas: Schema[] = [
    LISTENER_KEYS,
    HSTS_KEYS,
    CLUSTER_KEYS,
    HEALTH_CHECK_KEYS,
    FRONTEND_KEYS,
    BACKEND_KEYS,
  ];
  const defaulted = schemas.flatMap((schema) =>
    Object.entries(schema).filter(([, rule]) => rule.presence === "defaulted").map(([key]) => key)
  ).filter((key) => !["load_balancing", "headers", "position"].includes(key));
  const line = new RegExp(`^(?:${defaulted.join("|")}|max_age) = (?:\\[\\n[^\\]]*\\]|.*)$`, "gm");
  // `position` is also a key of header edits, `load_balancing` is set on purpose in one cluster.
  return text.replace('position = "TREE"', "").replaceAll(line, "");
}

/** The tables at a dotted path; a series stands for all its tables, `*` for every key. */
function tablesAt(root: TomlTable, path: string): TomlTable[] {
  let found: TomlValue[] = [root];
  for (const name of path === "" ? [] : path.split(".")) {
    found = found.flatMap((value) => {
      if (value.kind !== "table") return [];
      const next = name === "*"
        ? [...value.entries.values()].map((entry) => entry.value)
        : [value.entries.get(name)?.value].filter((it) => it !== undefined);
      return next.flatMap((it) => it.kind === "array" ? it.items : [it]);
    });
  }
  return found.filter((value) => value.kind === "table");
}
