// What a command would be refused is an error of the file, at its line; and what only a file can get
// wrong.

import assert from "node:assert/strict";
import { servable } from "../rules/admission.ts";
import { loadConfig } from "./load.ts";
import {
  cluster,
  listener,
  load,
  loaded,
  refused,
  refusedOnce,
  template,
} from "../../tests/support/config/file.ts";
import { ConfigState } from "../state/state.ts";

const HTTP = (keys: string, host = "h") =>
  cluster("c", "http", `{ address = "127.0.0.1:1", hostname = '${host}', ${keys} }`);

/** Asserts where the only error of a text is. */
function assertError(text: string, line: number, key: string, part: RegExp, files = {}): void {
  const error = refusedOnce(text, files);
  assert.deepEqual([error.line, error.key], [line, key], error.message);
  assert.match(error.message, part);
}

Deno.test("a file with a template that does not compile is refused at the template", () => {
  const inline = cluster("c", "http", "", "https_redirect = true\nanswers.503 = 'busy'");
  assertError(inline, 6, "clusters.c.answers.503", /template for "503"/);
  const table = listener("http", 1, "sticky_name = 'S'\n[listeners.answers]\n'404' = 'none'");
  assertError(table, 6, "listeners[0].answers.404", /template for "404"/);
  const files = { "/etc/sozu/404.http": "HTTP/1.1 200 OK\r\n\r\n" };
  const legacy = listener("http", 1, "answer_404 = '404.http'");
  assertError(legacy, 4, "listeners[0].answer_404", /says "200"/, files);
  const redirect = HTTP("redirect = 'found', redirect_template = 'gone'");
  assertError(redirect, 3, "clusters.c.frontends[0].redirect_template", /template for "302"/);
  assert.ok(load(HTTP(`redirect = 'found', redirect_template = "${template(302).toml}"`)).ok);
});

Deno.test("a file is held to the rules of commands, with the line of the key", () => {
  const cookie = listener("http", 1, 'sticky_name = "a\\r\\nX: y"');
  assertError(cookie, 4, "listeners[0].sticky_name", /cookie/);
  const id = listener("http", 1, 'sozu_id_header = "Content-Length"');
  assertError(id, 4, "listeners[0].sozu_id_header", /header/);
  const challenge = cluster("c", "http", "", 'www_authenticate = "a\\nb"');
  assertError(challenge, 5, "clusters.c.www_authenticate", /ASCII/);
  assertError(cluster('"a\\nb"', "http"), 1, 'clusters."a\\nb"', /cluster_id/);
  const sticky = '[clusters.c]\nprotocol = "http"\nfrontends = []\n' +
    'backends = [\n{ address = "127.0.0.1:1", sticky_id = "a;b" }]\n';
  assertError(sticky, 5, "clusters.c.backends[0].sticky_id", /cookie/);
  const h2 = listener("http", 1, "h2_max_glitch_count = 0");
  assertError(h2, 4, "listeners[0].h2_max_glitch_count", /1 or more/);
});

Deno.test("hosts and paths of a file that can never match are errors", () => {
  for (const host of ["h:80", "a..b", "x y", "é..test"]) {
    const [error] = refused(HTTP("", host));
    assert.equal(error?.key, "clusters.c.frontends[0].hostname", host);
  }
  assertError(HTTP("path = 'api'"), 3, "clusters.c.frontends[0].path", /starts with "\/"/);
  assertError(HTTP("path = '/ä'"), 3, "clusters.c.frontends[0].path", /percent/);
  assertError(HTTP("method = 'GET '"), 3, "clusters.c.frontends[0].method", /method/);
  assertError(HTTP("rewrite_host = '$HOST[4]'"), 3, "clusters.c.frontends[0].rewrite_host", /4/);
});

Deno.test("a route that two clusters of a file claim is an error at the second", () => {
  const route = (host: string) => `{ address = "127.0.0.1:1", hostname = "${host}" }`;
  const http = cluster("a", "http", route("h")) + cluster("b", "http", route("H"));
  assertError(http, 8, "clusters.b.frontends[0]", /'a' on line 3/);
  const place = '{ address = "127.0.0.1:2" }';
  const tcp = cluster("a", "tcp", place) + cluster("b", "tcp", place);
  assertError(tcp, 8, "clusters.b.frontends[0]", /'a' on line 3/);
  const named = (more = "") => `{ address = "127.0.0.1:2", hostname = "x.test"${more} }`;
  const twice = cluster("a", "tcp", named()) + cluster("b", "tcp", named().replace("x.", "X."));
  assertError(twice, 8, "clusters.b.frontends[0]", /'a' on line 3/);
  const mixed = cluster("a", "tcp", place) + cluster("b", "tcp", named());
  assertError(mixed, 8, "clusters.b.frontends[0].hostname", /takes all of the address/);
  const overlapping = cluster("a", "tcp", named(', alpn = ["h2", "x"]')) +
    cluster("b", "tcp", named(', alpn = ["h2"]'));
  assertError(overlapping, 8, "clusters.b.frontends[0].alpn", /no other frontend of "x.test" has/);
  const nameless = cluster("a", "tcp", '{ address = "127.0.0.1:2", alpn = ["h2"] }');
  assertError(nameless, 3, "clusters.a.frontends[0].alpn", /without sni/);
  for (const name of ["/x/", "*", "a..test", "é.test", "x.test."]) {
    const text = cluster("a", "tcp", named().replace("x.test", name));
    assertError(text, 3, "clusters.a.frontends[0].hostname", /./);
  }
  const h2 = named(', alpn = ["h2"]');
  assert.ok(load(cluster("a", "tcp", named()) + cluster("b", "tcp", h2)).ok);
});

Deno.test("limits that cannot serve anything are errors", () => {
  for (
    const text of [
      "max_connections = 0",
      "max_buffers = 0",
      "buffer_size = 0",
      "worker_count = 0",
      "worker_timeout = 0",
      "worker_timeout = 4294967",
      "soft_stop_timeout = 4294967295",
      "ctl_command_timeout = 4294967295",
      "request_timeout = 0",
      "max_command_buffer_size = 1000",
      "command_buffer_size = 3000000",
    ]
  ) {
    assert.equal(refusedOnce(text).key, text.split(" ")[0], text);
  }
  assert.equal(loaded("soft_stop_timeout = 0").soft_stop_timeout, 0);
});

Deno.test("a request that the largest command cannot hold is an error at its place", () => {
  const body = "x".repeat(70_000);
  const files = { "/etc/sozu/503.http": template(503).text + body };
  const text = "max_command_buffer_size = 65536\ncommand_buffer_size = 65536\n" +
    cluster("c", "http", "", "answers = { 503 = 'file://503.http' }");
  assertError(text, 3, "clusters.c", /max_command_buffer_size accepts up to '65536'/, files);
});

Deno.test("files that cannot be read are errors where the file is going to be served", () => {
  const text = listener("https", 1, "certificate = 'nowhere.pem'\nkey = 'nowhere.key'");
  const errors = refused(text);
  assert.deepEqual(errors.map(({ line }) => line), [4, 5]);
  const lookup = loadConfig(text, {
    path: "/etc/sozu/sozu.toml",
    cwd: "/",
    readFile: () => {
      throw new Error("permission denied");
    },
  });
  assert.ok(lookup.ok);
});

Deno.test("what the program cannot do, and certificates it cannot serve, are errors of a file", () => {
  const trial = () =>
    new ConfigState(
      (pem) => ({ fingerprint: pem, names: [] }),
      servable(({ key }) => key === "KEY" ? null : "the key is of another", () => null),
    );
  const errors = (text: string) => {
    const result = loadConfig(text, {
      path: "/etc/sozu/sozu.toml",
      cwd: "/",
      readFile: (path) => path === "/etc/sozu/k.pem" ? "KEY" : "OTHER",
      trial: trial(),
    });
    return result.ok ? [] : result.errors.map(({ line, key }) => [line, key]);
  };
  assert.deepEqual(errors(listener("udp", 1)), [[3, "listeners[0].address"]]);
  assert.deepEqual(errors(cluster("c", "http", "", "http2 = true")), []);
  const pair = (key: string) => `certificate = "c.pem", key = "${key}"`;
  assert.deepEqual(errors(HTTP(pair("k.pem"))), []);
  assert.deepEqual(errors(HTTP(pair("o.pem"))), [[3, "clusters.c.frontends[0].certificate"]]);
  for (const protocol of ["https", "tcp"]) {
    const ends = (key: string) =>
      errors(listener(protocol, 1, `certificate = "c.pem"\nkey = "${key}"`));
    assert.deepEqual(ends("k.pem"), []);
    assert.deepEqual(ends("o.pem"), [[4, "listeners[0].certificate"]], protocol);
  }
  const alone = errors(listener("https", 1, 'certificate = "c.pem"'));
  assert.deepEqual(alone, [[4, "listeners[0].certificate"]]);
});
