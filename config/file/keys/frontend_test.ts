import assert from "node:assert/strict";
import {
  cluster,
  listener,
  load,
  loaded,
  only,
  refusedOnce,
  requestsOf,
  template,
} from "../../../tests/support/config/file.ts";
import {
  HeaderPosition,
  PathRuleKind,
  RedirectPolicy,
  RedirectScheme,
  type RequestHttpFrontend,
  RulePosition,
  TlsVersion,
} from "../../schema/messages.ts";

const FILES = { "/etc/sozu/c.pem": "CERTIFICATE", "/etc/sozu/k.pem": "KEY" };

function frontend(keys: string): RequestHttpFrontend {
  const text = cluster("c", "http", `{ address = "127.0.0.1:1", hostname = "h", ${keys} }`);
  return only(requestsOf(loaded(text, FILES), "add_http_frontend"));
}

Deno.test("httpFrontendMessage leaves out what the file leaves out", () => {
  const message = frontend("");
  assert.deepEqual(Object.keys(message).sort(), [
    "address",
    "cluster_id",
    "header_predicates",
    "headers",
    "hostname",
    "path",
    "position",
    "tags",
  ]);
  assert.equal(message.cluster_id, "c");
  assert.deepEqual(message.path, { kind: PathRuleKind.PREFIX, value: "" });
  assert.deepEqual(message.tags, new Map());
});

Deno.test("httpFrontendMessage puts a frontend in the tree unless told otherwise", () => {
  assert.equal(frontend("").position, RulePosition.TREE);
  assert.equal(frontend('position = "TREE"').position, RulePosition.TREE);
  assert.equal(frontend('position = "PRE"').position, RulePosition.PRE);
  assert.equal(frontend('position = "POST"').position, RulePosition.POST);
});

Deno.test("httpFrontendMessage carries every key of the file", () => {
  const message = frontend(
    `path = "^/v[0-9]+", path_type = "REGEX", method = "GET", tags = { a = "1", b = "" },
     redirect = "permanent", redirect_scheme = "use-https", redirect_template = "${
      template(301).toml
    }",
     rewrite_host = "$HOST[0]", rewrite_path = "$PATH[0]", rewrite_port = 8080,
     required_auth = true,
     headers = [{ position = "Response", key = "X-A", value = "" }]`,
  );
  assert.deepEqual(message.path, { kind: PathRuleKind.REGEX, value: "^/v[0-9]+" });
  assert.deepEqual(message.tags, new Map([["a", "1"], ["b", ""]]));
  assert.deepEqual(message.headers, [{
    position: HeaderPosition.RESPONSE,
    key: "X-A",
    val: "",
  }]);
  assert.equal(message.method, "GET");
  assert.equal(message.redirect, RedirectPolicy.PERMANENT);
  assert.equal(message.redirect_scheme, RedirectScheme.USE_HTTPS);
  assert.equal(message.redirect_template, template(301).text);
  assert.equal(message.rewrite_host, "$HOST[0]");
  assert.equal(message.rewrite_path, "$PATH[0]");
  assert.equal(message.rewrite_port, 8080);
  assert.equal(message.required_auth, true);
});

Deno.test("httpFrontendMessage ignores path_type without a path", () => {
  assert.equal(frontend('path_type = "EQUALS"').path.kind, PathRuleKind.PREFIX);
  assert.equal(frontend('path = "/a", path_type = "EQUALS"').path.kind, PathRuleKind.EQUALS);
});

Deno.test("FRONTEND_KEYS knows every redirect policy in any case", () => {
  const policies: [string, number][] = [
    ["forward", RedirectPolicy.FORWARD],
    ["Permanent", RedirectPolicy.PERMANENT],
    ["UNAUTHORIZED", RedirectPolicy.UNAUTHORIZED],
    ["found", RedirectPolicy.FOUND],
    ["permanent_redirect", RedirectPolicy.PERMANENT_REDIRECT],
  ];
  for (const [word, policy] of policies) {
    assert.equal(frontend(`redirect = "${word}"`).redirect, policy);
  }
});

Deno.test("FRONTEND_KEYS knows redirect schemes with hyphens and underscores", () => {
  const schemes: [string, number][] = [
    ["use-same", RedirectScheme.USE_SAME],
    ["USE_HTTP", RedirectScheme.USE_HTTP],
    ["Use-Https", RedirectScheme.USE_HTTPS],
  ];
  for (const [word, scheme] of schemes) {
    assert.equal(frontend(`redirect_scheme = "${word}"`).redirect_scheme, scheme);
  }
});

Deno.test("FRONTEND_KEYS accepts names, wildcards and regular expressions as hosts", () => {
  const accepted = [
    "example.com",
    "*.example.com",
    "*",
    "*foo.test",
    "/[a-z]+/.example.com",
    "::1",
  ];
  for (const host of accepted) {
    const text = cluster("c", "http", `{ address = "127.0.0.1:1", hostname = '${host}' }`);
    assert.ok(load(text).ok, host);
  }
  for (const host of ["", "a.*.com", "a b", "**"]) {
    const text = cluster("c", "http", `{ address = "127.0.0.1:1", hostname = '${host}' }`);
    assert.ok(!load(text).ok, host);
  }
});

Deno.test("frontendCertificate becomes a certificate with versions and without names", () => {
  const keys = 'certificate = "c.pem", key = "k.pem", tls_versions = ["TLS_V13"]';
  const text = cluster("c", "http", `{ address = "127.0.0.1:1", hostname = "h", ${keys} }`);
  const added = only(requestsOf(loaded(text, FILES), "add_certificate"));
  assert.deepEqual(added.certificate, {
    certificate: "CERTIFICATE",
    certificate_chain: [],
    key: "KEY",
    versions: [TlsVersion.TLS_V1_3],
    names: [],
  });
  assert.equal("expired_at" in added, false);
});

Deno.test("hstsMessage reaches the frontend message", () => {
  const keys = 'certificate = "c.pem", key = "k.pem", hsts = { enabled = true }';
  const text = cluster("c", "http", `{ address = "127.0.0.1:1", hostname = "h", ${keys} }`);
  const added = only(requestsOf(loaded(text, FILES), "add_https_frontend"));
  assert.deepEqual(added.hsts, { enabled: true, max_age: 31_536_000 });
});

Deno.test("a tcp frontend takes the part of its listener with a server name", () => {
  const sent = (keys: string) => {
    const text = cluster("c", "tcp", `{ address = "127.0.0.1:1"${keys} }`);
    return only(requestsOf(loaded(text), "add_tcp_frontend"));
  };
  assert.equal("sni" in sent(""), false);
  assert.equal(sent(', sni = "One.test"').sni, "One.test");
  assert.equal(sent(', hostname = "One.test"').sni, "One.test");
  assert.deepEqual(sent(', hostname = "a", alpn = ["h2", "x"]').alpn, ["h2", "x"]);
  assert.equal(sent(', sni = "*.one.test"').sni, "*.one.test");
  const names = ["a", "b"].map((name) => `{ address = "127.0.0.1:1", sni = "${name}.test" }`);
  const both = loaded(cluster("c", "tcp", names.join(", ")));
  const sni = requestsOf(both, "add_tcp_frontend").map((frontend) => frontend.sni);
  assert.deepEqual(sni, ["a.test", "b.test"]);
});

Deno.test("a tcp frontend has one server name, and an http frontend offers no protocols", () => {
  const both = '{ address = "127.0.0.1:1", sni = "a.test", hostname = "b.test" }';
  const twice = refusedOnce(cluster("c", "tcp", both));
  assert.equal(twice.key, "clusters.c.frontends[0].sni");
  const offering = '{ address = "127.0.0.1:1", hostname = "a.test", alpn = ["h2"] }';
  const http = refusedOnce(cluster("c", "http", offering));
  assert.equal(http.key, "clusters.c.frontends[0].alpn");
});

Deno.test("a tcp listener has to be able to read a ClientHello where a frontend of its has a name", () => {
  const rows = [
    ["sni_preread_timeout = 61", "sni_preread_timeout", /at most front_timeout, '60'/],
    ["front_timeout = 4", "sni_preread_timeout", /at most front_timeout, '4'/],
    ["sni_preread_max_bytes = 4", "sni_preread_max_bytes", /5 to buffer_size, '16393'/],
    ["sni_preread_max_bytes = 16394", "sni_preread_max_bytes", /5 to buffer_size/],
  ] as const;
  for (const [keys, key, message] of rows) {
    const text = (host: string) =>
      listener("tcp", 1, keys) + cluster("c", "tcp", `{ address = "127.0.0.1:1"${host} }`);
    const problem = refusedOnce(text(', hostname = "a.test"'));
    assert.match(problem.message, message, keys);
    if (keys.startsWith(key)) assert.equal(problem.key, `listeners[0].${key}`);
    loaded(text(""));
  }
  const text = listener("tcp", 1, "sni_preread_timeout = 60\nsni_preread_max_bytes = 16393") +
    cluster("c", "tcp", '{ address = "127.0.0.1:1", hostname = "a.test" }');
  const added = only(requestsOf(loaded(text), "add_tcp_listener"));
  assert.deepEqual([added.sni_preread_timeout, added.sni_preread_max_bytes], [60, 16_393]);
});
