import assert from "node:assert/strict";
import {
  cluster,
  load,
  loaded,
  only,
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
  assert.equal(sent(', sni = "*.one.test"').sni, "*.one.test");
  const names = ["a", "b"].map((name) => `{ address = "127.0.0.1:1", sni = "${name}.test" }`);
  const both = loaded(cluster("c", "tcp", names.join(", ")));
  const sni = requestsOf(both, "add_tcp_frontend").map((frontend) => frontend.sni);
  assert.deepEqual(sni, ["a.test", "b.test"]);
});
