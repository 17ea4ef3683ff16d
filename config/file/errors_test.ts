// One test for each kind of error a file can contain: its line, its key, what is accepted.

import assert from "node:assert/strict";
import { cluster, listener, load, refused, refusedOnce } from "../../tests/support/config/file.ts";

const CERTIFICATE = 'certificate = "c.pem", key = "k.pem"';
const FILES = { "/etc/sozu/c.pem": "CERTIFICATE", "/etc/sozu/k.pem": "KEY" };

/** Asserts where the only error of a text is, and that its message has all the given parts. */
function assertError(
  text: string,
  line: number,
  key: string,
  parts: readonly (string | RegExp)[],
): void {
  const error = refusedOnce(text, FILES);
  assert.equal(error.file, "/etc/sozu/sozu.toml");
  assert.deepEqual([error.line, error.key], [line, key], error.message);
  for (const part of parts) {
    const found = typeof part === "string"
      ? error.message.includes(part)
      : part.test(error.message);
    assert.ok(found, `${part} is not in: ${error.message}`);
  }
}

Deno.test("loadConfig reports a syntax error with its line and column", () => {
  assertError('log_level = "info"\nworker_count = \n', 2, "", [
    "Not valid TOML",
    "column",
    "'worker_count ='",
  ]);
});

Deno.test("loadConfig refuses a key that is set twice", () => {
  assertError("worker_count = 1\n\nworker_count = 2\n", 3, "", ["multiple times"]);
});

Deno.test("loadConfig refuses a table that is opened twice", () => {
  const text = '[metrics]\naddress = "1.1.1.1:1"\n[metrics]\nprefix = "x"\n';
  assertError(text, 3, "", ["multiple times"]);
});

Deno.test("loadConfig names the accepted keys and the nearest one for an unknown key", () => {
  assertError("\nworker_cuont = 1\n", 2, "worker_cuont", [
    "Unknown key 'worker_cuont'",
    "did you mean 'worker_count'?",
    /accepted: command_socket, .*, clusters$/,
  ]);
});

Deno.test("loadConfig refuses unknown keys in every kind of table", () => {
  const tables: [string, string, number, string][] = [
    ['[metrics]\naddress = "1.1.1.1:1"\nx = 1', "metrics.x", 3, "tagged_metrics"],
    [listener("http", 1, "x = 1"), "listeners[0].x", 4, "sticky_name"],
    [listener("https", 1, "hsts = { enabled = true, x = 1 }"), "listeners[0].hsts.x", 4, "preload"],
    [cluster("c", "http", "", "x = 1"), "clusters.c.x", 5, "load_balancing"],
    [
      cluster("c", "tcp", '{ address = "1.1.1.1:1", x = 1 }'),
      "clusters.c.frontends[0].x",
      3,
      "tags",
    ],
    [
      '[clusters.c]\nprotocol = "http"\nfrontends = []\nbackends = [{ address = "1.1.1.1:1", x = 1 }]',
      "clusters.c.backends[0].x",
      4,
      "weight",
    ],
    [
      cluster("c", "http", "", '[clusters.c.health_check]\nuri = "/"\nx = 1'),
      "clusters.c.health_check.x",
      7,
      "interval",
    ],
    [cluster("c", "tcp", "", "udp = { x = 1 }"), "clusters.c.udp.x", 5, "affinity_key"],
    [cluster("c", "tcp", "", "udp.health = { x = 1 }"), "clusters.c.udp.health.x", 5, "tcp_port"],
    [
      cluster(
        "c",
        "http",
        '{ address = "1.1.1.1:1", hostname = "h", headers = [' +
          '{ position = "both", key = "k", value = "", x = 1 }] }',
      ),
      "clusters.c.frontends[0].headers[0].x",
      3,
      "position",
    ],
  ];
  for (const [text, key, line, sibling] of tables) {
    assertError(text, line, key, ["Unknown key 'x'", sibling]);
  }
});

Deno.test("loadConfig tells where a misplaced table belongs", () => {
  const text = listener("https", 1) + "[hsts]\nenabled = true\n";
  assertError(text, 5, "hsts", ["it belongs in [[listeners]] as 'listeners.hsts'"]);
  const metrics = '[metrics]\naddress = "1.1.1.1:1"\ndisable_cluster_metrics = true\n';
  assertError(metrics, 3, "metrics.disable_cluster_metrics", ["it belongs in the top level"]);
});

Deno.test("loadConfig refuses values of a wrong type, width or sign", () => {
  assertError('worker_count = "2"', 1, "worker_count", [
    "'2' (string)",
    "an integer from 1 to 65535",
  ]);
  assertError("worker_count = 65536", 1, "worker_count", ["'65536'", "1 to 65535"]);
  assertError("front_timeout = -1", 1, "front_timeout", ["'-1'", "1 to 4294967295"]);
  assertError("front_timeout = 1.0", 1, "front_timeout", ["(float)"]);
  assertError("log_colored = 1", 1, "log_colored", ["true or false"]);
  assertError("listeners = 1", 1, "listeners", ["an array"]);
  assertError("clusters = []", 1, "clusters", ["of type array", "a table"]);
  for (const mode of ["660", '"060"', '"1777"', '"0800"', '"00600"', '""']) {
    assertError(`command_socket_mode = ${mode}`, 1, "command_socket_mode", ["octal digits"]);
  }
  assertError("command_allowed_uids = [1, true]", 1, "command_allowed_uids[1]", ["'true'"]);
  const backend = 'backends = [\n{ address = "1.1.1.1:1", weight = 256 }]';
  const text = `[clusters.c]\nprotocol = "tcp"\nfrontends = []\n${backend}`;
  assertError(text, 5, "clusters.c.backends[0].weight", ["0 to 255"]);
});

Deno.test("loadConfig refuses words outside an enumeration, in the wrong case too", () => {
  const cases: [string, string, number, string][] = [
    ['access_logs_format = "JSON"', "access_logs_format", 1, "'ascii', 'protobuf' or 'json'"],
    [cluster("c", "udp"), "clusters.c.protocol", 2, "'http' or 'tcp'"],
    [
      cluster("c", "tcp", "", 'load_balancing = "round_robin"'),
      "clusters.c.load_balancing",
      5,
      "'ROUND_ROBIN'",
    ],
    [
      cluster("c", "tcp", "", 'load_metric = "connections"'),
      "clusters.c.load_metric",
      5,
      "'CONNECTION_TIME'",
    ],
    [
      listener("https", 1, 'tls_versions = ["TLSv1"]'),
      "listeners[0].tls_versions[0]",
      4,
      "'TLS_V13'",
    ],
  ];
  for (const [text, key, line, accepted] of cases) assertError(text, line, key, [accepted]);
});

Deno.test("loadConfig refuses host names as addresses", () => {
  const text = '[metrics]\naddress = "localhost:8125"';
  assertError(text, 2, "metrics.address", ["'localhost:8125'", "'127.0.0.1:8080'"]);
});

Deno.test("loadConfig refuses a second listener on an address, whatever its protocol", () => {
  const text = listener("tcp", 53) + listener("udp", 53);
  assertError(text, 7, "listeners[1].address", ["'127.0.0.1:53'", "line 3"]);
});

Deno.test("loadConfig compares addresses, not how they are spelled", () => {
  const at = (address: string) => `[[listeners]]\nprotocol = "tcp"\naddress = "${address}"\n`;
  const text = at("[::1]:80") + at("[0:0:0:0:0:0:0:1]:80");
  assertError(text, 6, "listeners[1].address", ["'[::1]:80'", "line 3"]);
  assert.ok(load(at("[::1]:80") + at("[::1]:81") + at("127.0.0.1:80")).ok);
});

Deno.test("loadConfig misses the protocol of a listener", () => {
  const text = 'worker_count = 1\n[[listeners]]\naddress = "127.0.0.1:80"\n';
  assertError(text, 2, "listeners[0].protocol", ["Missing key", "'https'"]);
});

Deno.test("loadConfig misses the host name of an http frontend", () => {
  const text = cluster("c", "http", '{ address = "127.0.0.1:80" }');
  assertError(text, 3, "clusters.c.frontends[0].hostname", ["Missing key"]);
});

Deno.test("loadConfig misses protocol, frontends and backends of a cluster", () => {
  assert.deepEqual(refused("[clusters.c]").map(({ line, key }) => [line, key]), [
    [1, "clusters.c.protocol"],
    [1, "clusters.c.frontends"],
    [1, "clusters.c.backends"],
  ]);
});

Deno.test("loadConfig refuses automatic_state_save without saved_state", () => {
  assertError("automatic_state_save = true", 1, "automatic_state_save", ["'saved_state'"]);
  assert.ok(load('automatic_state_save = true\nsaved_state = "s.json"').ok);
});

Deno.test("loadConfig refuses public_address together with expect_proxy", () => {
  const keys = 'expect_proxy = true\npublic_address = "9.9.9.9:80"';
  assertError(listener("http", 80, keys), 5, "listeners[0].public_address", ["expect_proxy"]);
});

Deno.test("loadConfig refuses a tcp cluster on listeners with and without expect_proxy", () => {
  const text = listener("tcp", 1, "expect_proxy = true") + listener("tcp", 2) +
    cluster("c", "tcp", '{ address = "127.0.0.1:1" }, { address = "127.0.0.1:2" }');
  assertError(text, 11, "clusters.c.frontends", ["expect_proxy"]);
});

Deno.test("loadConfig refuses HTTP keys on a tcp frontend", () => {
  for (const key of ["path", "certificate", "certificate_chain"]) {
    const text = cluster("c", "tcp", `{ address = "127.0.0.1:1", ${key} = "c.pem" }`);
    assertError(text, 3, `clusters.c.frontends[0].${key}`, ["Not accepted", "'tcp'"]);
  }
});

Deno.test("loadConfig refuses ALPN values other than h2 and http/1.1", () => {
  const text = listener("https", 1, 'alpn_protocols = ["h2", "h3"]');
  const result = load(text);
  assert.ok(!result.ok);
  assertError(text, 4, "listeners[0].alpn_protocols[1]", ["'h3'", "'h2' or 'http/1.1'"]);
});

Deno.test("loadConfig refuses disable_http11 while http/1.1 is offered", () => {
  const key = "listeners[0].disable_http11";
  assertError(listener("https", 1, "disable_http11 = true"), 4, key, ["http/1.1"]);
  const explicit = 'alpn_protocols = ["http/1.1"]\ndisable_http11 = true';
  assertError(listener("https", 1, explicit), 5, key, ["http/1.1"]);
  assert.ok(load(listener("https", 1, 'alpn_protocols = ["h2"]\ndisable_http11 = true')).ok);
});

Deno.test("loadConfig refuses buffers too small for HTTP/2", () => {
  const small = "worker_count = 1\nbuffer_size = 8192\n";
  assertError(small + listener("https", 1), 2, "buffer_size", ["'8192'", "16393", /\b1 HTTPS/]);
  const automatic = cluster(
    "c",
    "http",
    `{ address = "127.0.0.1:2", hostname = "h", ${CERTIFICATE} }`,
  );
  assertError(small + listener("https", 1) + automatic, 2, "buffer_size", [/\b2 HTTPS/]);
  assert.ok(load(small + listener("https", 1, 'alpn_protocols = ["http/1.1"]')).ok);
  assert.ok(load(small + listener("http", 1)).ok);
  const clear = listener("http", 1, "h2c_prior_knowledge = true");
  assertError(small + clear, 2, "buffer_size", ["'8192'", "16393", /\b1 HTTP listener/]);
  assert.ok(load("buffer_size = 16393\n" + clear).ok);
  assert.ok(load("buffer_size = 16393\n" + listener("https", 1)).ok);
});

Deno.test("loadConfig refuses wrong redirects, schemes and rewrite ports", () => {
  const frontend = (keys: string) =>
    cluster("c", "http", `{ address = "127.0.0.1:1", hostname = "h", ${keys} }`);
  const at = "clusters.c.frontends[0]";
  assertError(frontend('redirect = "moved"'), 3, `${at}.redirect`, ["'moved'", "'permanent'"]);
  assertError(frontend('redirect_scheme = "https"'), 3, `${at}.redirect_scheme`, ["'use-https'"]);
  assertError(frontend("rewrite_port = 65536"), 3, `${at}.rewrite_port`, ["1 to 65535"]);
  assertError(frontend('position = "pre"'), 3, `${at}.position`, ["'PRE', 'POST' or 'TREE'"]);
  assertError(frontend('path = "(", path_type = "REGEX"'), 3, `${at}.path`, ["'('"]);
});

Deno.test("loadConfig refuses header edits that could break a message", () => {
  const edit = (header: string) =>
    cluster(
      "c",
      "http",
      `{ address = "127.0.0.1:1", hostname = "h", headers = [
        { position = "both", key = "X-Fine", value = "a\\tb" },
        { ${header} },
      ] }`,
    );
  const key = (name: string) => `clusters.c.frontends[0].headers[1].${name}`;
  const cases: [string, string][] = [
    ['position = "front", key = "k", value = "v"', "position"],
    ['position = "both", key = "", value = "v"', "key"],
    ['position = "both", key = "a b", value = "v"', "key"],
    ['position = "both", key = "a\\tb", value = "v"', "key"],
    ['position = "both", key = "a\\nb", value = "v"', "key"],
    ['position = "both", key = "k", value = "v\\r\\nX: y"', "value"],
    ['position = "both", key = "k", value = "\\u0000"', "value"],
    ['position = "both", key = "k", value = "\\u007F"', "value"],
  ];
  for (const [header, name] of cases) assertError(edit(header), 5, key(name), ["Wrong value"]);
  assert.ok(load(edit('position = "BOTH", key = "k", value = ""')).ok);
});

Deno.test("loadConfig refuses an hsts table without enabled, even an empty one", () => {
  assertError(listener("https", 1, "hsts = {}"), 4, "listeners[0].hsts.enabled", ["Missing key"]);
  const frontend =
    `{ address = "127.0.0.1:1", hostname = "h", ${CERTIFICATE}, hsts = { max_age = 90000 } }`;
  const key = "clusters.c.frontends[0].hsts.enabled";
  assertError(cluster("c", "http", frontend), 3, key, ["Missing key"]);
});

Deno.test("loadConfig refuses HSTS where HTTPS is not served", () => {
  const text = listener("http", 1, "hsts = { enabled = true }");
  assertError(text, 4, "listeners[0].hsts", ["HSTS needs HTTPS"]);
  const frontend =
    '{ address = "127.0.0.1:1", hostname = "www.h.test", hsts = { enabled = true } }';
  const key = "clusters.shop.frontends[0].hsts";
  assertError(cluster("shop", "http", frontend), 3, key, ["'www.h.test'", "HSTS needs HTTPS"]);
});

Deno.test("loadConfig refuses HSTS on a frontend with half of a certificate", () => {
  for (const [half, file] of [["certificate", "c.pem"], ["key", "k.pem"]]) {
    const keys = `${half} = "${file}", hsts = { enabled = true }`;
    const frontend = `{ address = "127.0.0.1:1", hostname = "h", ${keys} }`;
    const found = refused(cluster("c", "http", frontend), FILES).map(({ key }) => key);
    const expected = [`clusters.c.frontends[0].${half}`, "clusters.c.frontends[0].hsts"];
    assert.deepEqual(found.sort(), expected.sort());
  }
});

Deno.test("loadConfig refuses unreadable certificates of frontends", () => {
  for (const missing of ["certificate", "key", "certificate_chain"]) {
    const paths = { certificate: "c.pem", key: "k.pem", certificate_chain: "c.pem" };
    const keys = Object.entries({ ...paths, [missing]: "nowhere.pem" })
      .map(([name, path]) => `${name} = "${path}"`).join(", ");
    const text = cluster("c", "http", `{ address = "127.0.0.1:1", hostname = "h", ${keys} }`);
    assertError(text, 3, `clusters.c.frontends[0].${missing}`, ["'nowhere.pem'", "cannot be read"]);
  }
});

Deno.test("loadConfig refuses a certificate without a key, and a key without a certificate", () => {
  const text = (keys: string) =>
    listener("https", 1) +
    cluster("c", "http", `{ address = "127.0.0.1:1", hostname = "h", ${keys} }`);
  const at = "clusters.c.frontends[0]";
  assertError(text('certificate = "c.pem"'), 7, `${at}.certificate`, ["Needs 'key'"]);
  assertError(text('key = "k.pem"'), 7, `${at}.key`, ["Needs 'certificate'"]);
});

Deno.test("loadConfig refuses unreadable answer files", () => {
  const legacy = listener("http", 1, 'answer_503 = "503.http"');
  assertError(legacy, 4, "listeners[0].answer_503", ["'503.http'", "cannot be read"]);
  const table = listener("http", 1, '[listeners.answers]\n"503" = "file://503.http"');
  assertError(table, 5, "listeners[0].answers.503", ["'503.http'", "cannot be read"]);
  const empty = cluster("c", "http", "", 'answers = { "503" = "file://" }');
  assertError(empty, 5, "clusters.c.answers.503", ["the path is empty"]);
});

Deno.test("loadConfig refuses answers for what is not a status", () => {
  const text = listener("http", 1, "answers = { not_found = 'x' }");
  assertError(text, 4, "listeners[0].answers.not_found", ["accepted: 301, 302"]);
});

Deno.test("loadConfig refuses health checks that the routing state would refuse", () => {
  const check = (keys: string) => cluster("c", "http", "", `[clusters.c.health_check]\n${keys}`);
  const key = (name: string) => `clusters.c.health_check.${name}`;
  for (const name of ["interval", "timeout", "healthy_threshold", "unhealthy_threshold"]) {
    assertError(check(`uri = "/"\n${name} = 0`), 7, key(name), ["'0'", "1 to"]);
  }
  assertError(check('uri = "healthz"'), 6, key("uri"), ['starts with "/"']);
  assertError(check('uri = "/a\\r\\nHost: b"'), 6, key("uri"), ["control characters"]);
  assertError(check('mode = "UDP"'), 6, key("mode"), ["'HTTP' or 'TCP'"]);
  assertError(check("port = 0"), 6, key("port"), ["1 to 65535"]);
  for (const status of ["6xx", "99", "200,204", "300-200"]) {
    const list = check(`accepted_statuses = ["any", "${status}"]`);
    assertError(list, 6, key("accepted_statuses[1]"), [status, "'200-399'"]);
  }
  const both = 'accepted_statuses = ["2xx"]\nexpected_status = 204';
  assertError(check(both), 7, key("expected_status"), ["accepted_statuses"]);
  const headers = (...elements: string[]) => check(`headers = [${elements.join(", ")}]`);
  const file = (name: string) => `{ name = "${name}", value_file = "key" }`;
  assertError(headers('{ name = "a" }'), 6, key("headers[0].value_file"), ["Missing"]);
  assertError(
    headers('{ name = "a", value_file = "k", value = "s3cret" }'),
    6,
    key("headers[0].value"),
    [
      "accepted: name, value_file",
    ],
  );
  assertError(headers(file("Host")), 6, key("headers"), ["RFC 9110"]);
  assertError(headers(file("a"), file("A")), 6, key("headers"), ["once"]);
  const tcp = (rest: string) => check(`mode = "TCP"\n${rest}`);
  assertError(tcp("expected_status = 204"), 7, key("expected_status"), ["mode TCP"]);
  assertError(tcp('accepted_statuses = ["any"]'), 7, key("accepted_statuses"), ["mode TCP"]);
});

Deno.test("loadConfig refuses paths that name no file", () => {
  assertError('saved_state = ""', 1, "saved_state", ["''", "file path"]);
  assertError('command_socket = "run/"', 1, "command_socket", ["'run/'", "the path of a file"]);
  assertError('command_socket = ".."', 1, "command_socket", ["the path of a file"]);
  const long = `command_socket = "/${"s".repeat(94)}"`;
  assertError(long, 1, "command_socket", ["a path of up to 94 bytes", "has 95"]);
  assertError(long.replace("/s", "./s").replace("ssss", ""), 1, "command_socket", ["94 bytes"]);
});

Deno.test("loadConfig refuses a log filter and an access log target nobody understands", () => {
  assertError('log_level = "verbose"', 1, "log_level", ["'verbose'", "warn"]);
  const target = 'access_logs_target = "stderr"';
  assertError(target, 1, "access_logs_target", ["'stderr'", "'stdout'"]);
});
