import assert from "node:assert/strict";
import fc from "fast-check";
import { formatAddress } from "../values/address.ts";
import { formatProblem, loadConfig } from "./load.ts";
import {
  cluster,
  kindsOf,
  listener,
  load,
  loaded,
  refused,
  requestsOf,
} from "../../tests/support/config/file.ts";
import {
  ListenerType,
  LoadBalancingAlgorithms,
  ProxyProtocolConfig,
  UdpHealthMode,
} from "../schema/messages.ts";

const COMPLETE = `
command_socket = "./run/sozu.sock"
log_level = "info"
log_target = "stdout"
worker_count = 1
max_connections = 500
buffer_size = 16393
activate_listeners = true

[metrics]
address = "127.0.0.1:8125"
detail = "cluster"

[[listeners]]
protocol = "http"
address = "0.0.0.0:8080"
[listeners.answers]
"404" = "HTTP/1.1 404 Not Found\\r\\nConnection: close\\r\\nContent-Length: 8\\r\\n\\r\\nnot here"

[[listeners]]
protocol = "https"
address = "0.0.0.0:8443"
alpn_protocols = ["h2", "http/1.1"]
[listeners.hsts]
enabled = true

[[listeners]]
protocol = "tcp"
address = "0.0.0.0:5432"
expect_proxy = true

[[listeners]]
protocol = "udp"
address = "0.0.0.0:5353"
max_rx_datagram_size = 4096

[clusters.web]
protocol = "http"
load_balancing = "ROUND_ROBIN"
sticky_session = true
frontends = [
  { address = "0.0.0.0:8080", hostname = "www.example.test", position = "TREE", redirect = "permanent", redirect_scheme = "use-https" },
  { address = "0.0.0.0:8443", hostname = "www.example.test", position = "TREE", certificate = "certs/www.pem", key = "certs/www.key", tags = { team = "edge" } },
]
backends = [
  { address = "127.0.0.1:9001", backend_id = "web-a", weight = 100, sticky_id = "a" },
  { address = "127.0.0.1:9002", backup = true },
]
[clusters.web.health_check]
uri = "/healthz"

[clusters.db]
protocol = "tcp"
send_proxy = true
frontends = [{ address = "0.0.0.0:5432" }]
backends = [{ address = "10.1.0.5:5432" }]

[clusters.dns]
protocol = "tcp"
load_balancing = "HRW"
frontends = [{ address = "0.0.0.0:5353" }]
backends = [{ address = "10.1.0.6:53" }, { address = "10.1.0.7:53" }]
[clusters.dns.udp]
responses = 1
[clusters.dns.udp.health]
mode = "TCP_PROBE"
tcp_port = 53
`;
const FILES = { "/etc/sozu/certs/www.pem": "CERTIFICATE", "/etc/sozu/certs/www.key": "KEY" };

Deno.test("loadConfig gives the ordered requests of a file with every protocol", () => {
  const config = loaded(COMPLETE, FILES);
  assert.deepEqual(kindsOf(config), [
    "add_http_listener",
    "add_https_listener",
    "add_tcp_listener",
    "add_udp_listener",
    "add_cluster",
    "add_http_frontend",
    "add_certificate",
    "add_https_frontend",
    "add_backend",
    "add_backend",
    "add_cluster",
    "add_tcp_frontend",
    "add_backend",
    "add_cluster",
    "add_udp_frontend",
    "add_backend",
    "add_backend",
    "activate_listener",
    "activate_listener",
    "activate_listener",
    "activate_listener",
  ]);
  const [web, db, dns] = requestsOf(config, "add_cluster");
  assert.equal(web?.cluster_id, "web");
  assert.equal(web?.proxy_protocol, undefined);
  assert.deepEqual(web?.health_check, {
    uri: "/healthz",
    interval: 10,
    timeout: 5,
    healthy_threshold: 3,
    unhealthy_threshold: 3,
    expected_status: 0,
    mode: 0,
    accepted_statuses: [],
    headers: [],
  });
  assert.equal(db?.proxy_protocol, ProxyProtocolConfig.RELAY_HEADER);
  assert.equal(dns?.load_balancing, LoadBalancingAlgorithms.HRW);
  assert.deepEqual(dns?.udp, {
    responses: 1,
    health: { mode: UdpHealthMode.TCP_PROBE, tcp_port: 53 },
  });
});

Deno.test("loadConfig names backends after cluster, index and address", () => {
  const backends = requestsOf(loaded(COMPLETE, FILES), "add_backend");
  assert.deepEqual(backends.map((backend) => backend.backend_id), [
    "web-a",
    "web-1-127.0.0.1:9002",
    "db-0-10.1.0.5:5432",
    "dns-0-10.1.0.6:53",
    "dns-1-10.1.0.7:53",
  ]);
  assert.deepEqual(backends[0]?.load_balancing_parameters, { weight: 100 });
  assert.equal(backends[0]?.sticky_id, "a");
  assert.equal(backends[1]?.backup, true);
  assert.equal("backup" in (backends[0] ?? {}), false);
});

Deno.test("loadConfig activates listeners by protocol, from sockets of its own", () => {
  const activations = requestsOf(loaded(COMPLETE, FILES), "activate_listener");
  assert.deepEqual(activations.map(({ proxy }) => proxy), [
    ListenerType.HTTP,
    ListenerType.HTTPS,
    ListenerType.TCP,
    ListenerType.UDP,
  ]);
  assert.ok(activations.every(({ from_scm }) => !from_scm));
  for (const added of requestsOf(loaded(COMPLETE, FILES), "add_http_listener")) {
    assert.equal(added.active, false);
  }
});

Deno.test("loadConfig adds and activates each of two HTTP listeners", () => {
  const config = loaded(listener("http", 8080) + listener("http", 8081));
  assert.deepEqual(kindsOf(config), [
    "add_http_listener",
    "add_http_listener",
    "activate_listener",
    "activate_listener",
  ]);
});

Deno.test("loadConfig leaves activation out and switches cluster metrics off when told", () => {
  const switches = "activate_listeners = false\ndisable_cluster_metrics = true\n";
  const config = loaded(switches + listener("http", 8080));
  assert.deepEqual(kindsOf(config), ["add_http_listener", "configure_metrics"]);
});

Deno.test("loadConfig orders listeners by protocol, then by file", () => {
  const text = listener("tcp", 1) + listener("http", 2) + listener("udp", 3) + listener("http", 4);
  const config = loaded("activate_listeners = false\n" + text);
  assert.deepEqual(kindsOf(config), [
    "add_http_listener",
    "add_http_listener",
    "add_tcp_listener",
    "add_udp_listener",
  ]);
  const ports = requestsOf(config, "add_http_listener").map(({ address }) => address.port);
  assert.deepEqual(ports, [2, 4]);
});

Deno.test("loadConfig keeps clusters in file order, whatever their names", () => {
  const ids = ["zebra", "10", "apple", "2"];
  const text = ids.map((id) => cluster(id, "tcp")).join("");
  const clusters = requestsOf(loaded(text), "add_cluster");
  assert.deepEqual(clusters.map(({ cluster_id }) => cluster_id), ids);
});

Deno.test("loadConfig keeps expect_proxy for each listener", () => {
  const text = listener("http", 1, "expect_proxy = true") + listener("http", 2) +
    listener("https", 3, "expect_proxy = true") + listener("https", 4);
  const config = loaded(text);
  const flags = [
    ...requestsOf(config, "add_http_listener"),
    ...requestsOf(config, "add_https_listener"),
  ].map(({ address, expect_proxy }) => [formatAddress(address), expect_proxy]);
  assert.deepEqual(flags, [
    ["127.0.0.1:1", true],
    ["127.0.0.1:2", false],
    ["127.0.0.1:3", true],
    ["127.0.0.1:4", false],
  ]);
});

Deno.test("loadConfig loads an empty file with every default", () => {
  const config = loaded("");
  assert.deepEqual(config.requests, []);
  assert.equal(config.command_socket, "/run/work/sozu.sock");
  assert.equal(config.worker_count, 2);
  assert.equal(config.buffer_size, 16_393);
});

Deno.test("loadConfig reports every problem of a file, in file order", () => {
  const problems = refused(`worker_count = "two"\nlog_levl = "info"\n[metrics]\nadress = "x"\n`);
  assert.deepEqual(problems.map(({ line, key }) => [line, key]), [
    [1, "worker_count"],
    [2, "log_levl"],
    [3, "metrics.address"],
    [4, "metrics.adress"],
  ]);
});

Deno.test("loadConfig bounds the number of problems it reports", () => {
  const text = Array.from({ length: 5_000 }, (_, index) => `unknown_${index} = 1`).join("\n");
  const problems = refused(text);
  assert.equal(problems.length, 201);
  assert.equal(problems.at(-1)?.message, "4800 more errors are not shown");
});

Deno.test("formatProblem renders file, line, key and message", () => {
  const problem = { file: "a.toml", line: 3, key: "x.y", message: "Wrong" };
  assert.equal(formatProblem(problem), "a.toml:3: x.y: Wrong");
  assert.equal(formatProblem({ ...problem, key: "" }), "a.toml:3: Wrong");
});

Deno.test("loadConfig never throws, whatever the text", () => {
  const lines = COMPLETE.split("\n");
  const mutation = fc.oneof(
    fc.record({ at: fc.nat(COMPLETE.length), remove: fc.nat(20), insert: fc.string() }),
    fc.record({
      at: fc.nat(COMPLETE.length),
      remove: fc.constant(0),
      insert: fc.constantFrom(...lines, "[", "{", '"', "=", "[[", "}", "]", "-1", "0x", "\n\n"),
    }),
  );
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
      let text = COMPLETE;
      for (const { at, remove, insert } of mutations) {
        text = text.slice(0, at) + insert + text.slice(at + remove);
      }
      const result = load(text, FILES);
      if (result.ok) return;
      assert.ok(result.errors.length > 0);
      const lineCount = text.split("\n").length;
      assert.ok(result.errors.every(({ line }) => line >= 1 && line <= lineCount));
    }),
    { numRuns: 500 },
  );
});

Deno.test("loadConfig never throws when values are swapped for values of other types", () => {
  const values = ["1", "-1", '"x"', "true", "1.5", "[]", "{}", "[[1]]", "{ a = 1 }", "1979-05-27"];
  const lines = COMPLETE.split("\n");
  fc.assert(
    fc.property(fc.nat(lines.length - 1), fc.constantFrom(...values), (index, value) => {
      const line = (lines[index] as string).replace(/=.*/, `= ${value}`);
      const text = lines.with(index, line).join("\n");
      const result = load(text, FILES);
      assert.equal(typeof result.ok, "boolean");
    }),
    { numRuns: 500 },
  );
});

Deno.test("loadConfig reads named files relative to the folder of the configuration file", () => {
  const asked: string[] = [];
  const frontend =
    `{ address = "127.0.0.1:1", hostname = "h", certificate = "../c.pem", key = "/k" }`;
  loadConfig(cluster("c", "http", frontend), {
    path: "conf/sozu.toml",
    cwd: "/srv/work",
    readFile: (path) => {
      asked.push(path);
      return "text";
    },
  });
  assert.deepEqual(asked, ["/srv/work/c.pem", "/k"]);
});
