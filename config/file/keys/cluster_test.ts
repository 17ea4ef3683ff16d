import assert from "node:assert/strict";
import {
  cluster,
  loaded,
  only,
  refusedOnce,
  requestsOf,
  template,
} from "../../../tests/support/config/file.ts";
import {
  type Cluster,
  HealthCheckMode,
  LoadBalancingAlgorithms,
  LoadMetric,
  ShardMode,
  UdpAffinityKey,
} from "../../schema/messages.ts";

const FILES = {
  "/etc/sozu/503.http": template(503).text,
  "/etc/sozu/502.http": template(502).text,
};

function added(protocol: string, keys: string): Cluster {
  return only(requestsOf(loaded(cluster("c", protocol, "", keys), FILES), "add_cluster"));
}

Deno.test("clusterMessage leaves out what the file leaves out", () => {
  assert.deepEqual(added("http", ""), {
    cluster_id: "c",
    sticky_session: false,
    https_redirect: false,
    load_balancing: LoadBalancingAlgorithms.ROUND_ROBIN,
    answers: new Map(),
    authorized_hashes: [],
  });
});

Deno.test("clusterMessage carries every key of an http cluster", () => {
  const hash = `admin:${"0f".repeat(32)}`;
  const message = added(
    "http",
    `load_balancing = "POWER_OF_TWO"
     load_metric = "CONNECTION_TIME"
     sticky_session = true
     https_redirect = true
     https_redirect_port = 8443
     http2 = true
     answer_503 = "503.http"
     answers = { "502" = "file://502.http", "404" = "" }
     authorized_hashes = ["${hash}"]
     www_authenticate = 'Basic realm="x"'
     max_connections_per_ip = 9223372036854775807
     retry_after = 0
     allow_connect = true`,
  );
  assert.deepEqual(message, {
    cluster_id: "c",
    sticky_session: true,
    https_redirect: true,
    load_balancing: LoadBalancingAlgorithms.POWER_OF_TWO,
    answers: new Map([["502", template(502).text]]),
    authorized_hashes: [hash],
    answer_503: template(503).text,
    load_metric: LoadMetric.CONNECTION_TIME,
    http2: true,
    https_redirect_port: 8443,
    www_authenticate: 'Basic realm="x"',
    max_connections_per_ip: 9223372036854775807n,
    retry_after: 0,
    allow_connect: true,
  });
});

Deno.test("clusterMessage carries affinity keys and shards", () => {
  const sharded = "shard_percent = 30\nshard_min_backends = 3\n";
  const cookie = added("http", `affinity_cookie = "sid"\n${sharded}shard_mode = "STRICT"`);
  const { affinity_cookie, shard_percent, shard_min_backends, shard_mode } = cookie;
  assert.deepEqual([affinity_cookie, shard_percent, shard_min_backends], ["sid", 30, 3]);
  assert.equal(shard_mode, ShardMode.STRICT);
  assert.equal(added("http", 'affinity_header = "X-Tenant"').affinity_header, "X-Tenant");
  assert.equal(added("tcp", `${sharded}shard_mode = "FALLBACK"`).shard_mode, ShardMode.FALLBACK);
});

Deno.test("clusterMessage refuses affinity keys and shards that make no sense, where they stand", () => {
  const cases: [protocol: string, keys: string, key: string, message: RegExp][] = [
    ["tcp", 'affinity_header = "A"', "affinity_header", /'tcp'.*told apart by their address/],
    ["tcp", 'affinity_cookie = "a"', "affinity_cookie", /'tcp'/],
    ["http", 'affinity_header = "Host"', "affinity_header", /other than Host and Cookie/],
    ["http", 'affinity_header = "A"\naffinity_cookie = "a"', "affinity_cookie", /at most one/],
    ["http", "shard_percent = 101", "shard_percent", /1 to 100/],
    ["tcp", "shard_percent = 10\nshard_min_backends = 1", "shard_min_backends", /2 or more/],
    ["http", "shard_min_backends = 4", "shard_percent", /where shard_min_backends is set/],
    ["http", 'shard_percent = 10\nshard_mode = "strict"', "shard_mode", /'FALLBACK' or 'STRICT'/],
  ];
  for (const [protocol, keys, key, message] of cases) {
    const error = refusedOnce(cluster("c", protocol, "", keys));
    assert.match(error.message, message);
    assert.match(`${error.key} ${error.message}`, new RegExp(key));
  }
});

Deno.test("clusterMessage drops the HTTP keys of a tcp cluster", () => {
  const message = added(
    "tcp",
    'sticky_session = true\nhttps_redirect = true\nhttp2 = true\nanswer_503 = "503.http"\n' +
      "allow_connect = true",
  );
  assert.deepEqual([message.sticky_session, message.https_redirect], [false, false]);
  assert.equal("http2" in message || "answer_503" in message, false);
});

Deno.test("clusterMessage refuses an unreadable answer_503", () => {
  const error = refusedOnce(cluster("c", "http", "", 'answer_503 = "nowhere"'));
  assert.deepEqual([error.key, error.line], ["clusters.c.answer_503", 5]);
  assert.match(error.message, /'nowhere'/);
});

Deno.test("udpMessage carries probes as bytes and keeps absent keys absent", () => {
  const message = added(
    "tcp",
    `[clusters.c.udp]
     affinity_key = "SOURCE_IP_PORT"
     requests = 0
     [clusters.c.udp.health]
     udp_probe_payload = "pi\u00f1g"
     fail_open = false`,
  );
  assert.deepEqual(message.udp, {
    affinity_key: UdpAffinityKey.SOURCE_IP_PORT,
    requests: 0,
    health: {
      udp_probe_payload: new TextEncoder().encode("pi\u00f1g"),
      fail_open: false,
    },
  });
  assert.deepEqual(added("tcp", "udp = {}").udp, {});
});

Deno.test("clusterMessage carries every key of a health check, and asks for / where none is given", () => {
  const defaults = {
    mode: HealthCheckMode.HEALTH_CHECK_MODE_HTTP,
    uri: "/",
    interval: 10,
    timeout: 5,
    healthy_threshold: 3,
    unhealthy_threshold: 3,
    expected_status: 0,
    accepted_statuses: [],
    headers: [],
  };
  assert.deepEqual(added("http", "health_check = {}").health_check, defaults);
  const tcp = added("tcp", 'health_check = { mode = "TCP", uri = "ignored", port = 81 }');
  const mode = HealthCheckMode.HEALTH_CHECK_MODE_TCP;
  assert.deepEqual(tcp.health_check, { ...defaults, mode, uri: "ignored", port: 81 });
  const listed = added("http", 'health_check = { accepted_statuses = ["404", "200-399", "5xx"] }');
  assert.deepEqual(listed.health_check?.accepted_statuses, [
    { start: 404, end: 404 },
    { start: 200, end: 399 },
    { start: 500, end: 599 },
  ]);
});

Deno.test("loadConfig has the names of probe headers in requests, and where their values are beside them", () => {
  const check = `health_check = { headers = [
    { name = "X-Key", value_file = "secrets/key" }, { name = "b", value_file = "/run/b" }] }`;
  const config = loaded(cluster("c", "http", "", check), FILES);
  const message = only(requestsOf(config, "add_cluster"));
  assert.deepEqual(message.health_check?.headers, [
    { name: "X-Key", fingerprint: "" },
    { name: "b", fingerprint: "" },
  ]);
  assert.deepEqual(config.probe_files, [{
    cluster_id: "c",
    headers: [{ name: "X-Key", path: "/etc/sozu/secrets/key" }, { name: "b", path: "/run/b" }],
  }]);
});

Deno.test("mapOf keeps cluster ids that are names of object properties", () => {
  const text = cluster("__proto__", "tcp") + cluster("constructor", "tcp") +
    cluster('"a.b"', "tcp");
  const ids = requestsOf(loaded(text), "add_cluster").map(({ cluster_id }) => cluster_id);
  assert.deepEqual(ids, ["__proto__", "constructor", "a.b"]);
});
