// What the loader accepts but remarks on: the file works, though maybe not as its author meant.

import assert from "node:assert/strict";
import {
  cluster,
  listener,
  load,
  loaded,
  only,
  requestsOf,
  template,
} from "../../tests/support/config/file.ts";

/** Asserts that a text loads with exactly one warning, about a key, with all the given parts. */
function assertWarning(text: string, line: number, key: string, parts: readonly string[]): void {
  const result = load(text, { "/etc/sozu/404.http": template(404).text });
  assert.ok(result.ok);
  const warning = only(result.warnings);
  assert.deepEqual([warning.line, warning.key], [line, key], warning.message);
  for (const part of parts) assert.ok(warning.message.includes(part), warning.message);
}

Deno.test("loadConfig warns when a datagram would not fit in a buffer, and lowers the size", () => {
  const text = listener("udp", 1, "max_rx_datagram_size = 20000");
  assertWarning(text, 4, "listeners[0].max_rx_datagram_size", ["'20000'", "'16393'"]);
  assert.equal(only(requestsOf(loaded(text), "add_udp_listener")).max_rx_datagram_size, 16_393);
});

Deno.test("loadConfig warns when clients without HTTP/2 are locked out", () => {
  const text = listener("https", 1, 'alpn_protocols = ["h2"]');
  assertWarning(text, 4, "listeners[0].alpn_protocols", ["http/1.1"]);
});

Deno.test("loadConfig warns about HSTS policies that do not protect", () => {
  const hsts = (keys: string) => listener("https", 1, `[listeners.hsts]\nenabled = true\n${keys}`);
  assertWarning(hsts("max_age = 3600"), 6, "listeners[0].hsts.max_age", ["'3600'", "day"]);
  const subdomains = "include_subdomains = true\n";
  assertWarning(hsts(subdomains + "preload = true"), 7, "listeners[0].hsts.preload", ["max_age"]);
  const preload = "preload = true\nmax_age = 31536000";
  assertWarning(hsts(preload), 6, "listeners[0].hsts.preload", ["include_subdomains"]);
  const killSwitch = load(hsts("max_age = 0"));
  assert.ok(killSwitch.ok);
  assert.deepEqual(killSwitch.warnings, []);
});

Deno.test("loadConfig warns about Basic credentials that may not fit in a head", () => {
  const text = "basic_auth_max_credential_bytes = 5465";
  assertWarning(text, 1, "basic_auth_max_credential_bytes", ["'5465'", "'16393'"]);
  assert.deepEqual(load("basic_auth_max_credential_bytes = 5464").warnings, []);
});

Deno.test("loadConfig warns about eviction with few connections", () => {
  const text = "evict_on_queue_full = true\nmax_connections = 99";
  assertWarning(text, 1, "evict_on_queue_full", ["'99'"]);
  assert.deepEqual(load("evict_on_queue_full = true\nmax_connections = 100").warnings, []);
});

Deno.test("loadConfig warns about values it changes", () => {
  assertWarning("min_buffers = 20\nmax_buffers = 10", 1, "min_buffers", ["'10'"]);
  assertWarning("slab_entries_per_connection = 0", 1, "slab_entries_per_connection", ["'2'"]);
  assertWarning("slab_entries_per_connection = 99", 1, "slab_entries_per_connection", ["'32'"]);
});

Deno.test("loadConfig warns about a log target it cannot use", () => {
  assertWarning('log_target = "stderr"', 1, "log_target", ["'stderr'", "stdout"]);
});

Deno.test("loadConfig warns about keys without effect and about deprecated ones", () => {
  assertWarning(listener("udp", 1, "expect_proxy = true"), 4, "listeners[0].expect_proxy", [
    "Ignored",
    "'udp'",
  ]);
  assertWarning(cluster("c", "http", "", "send_proxy = true"), 5, "clusters.c.send_proxy", [
    "'http'",
  ]);
  const tcp = cluster("c", "tcp", '{ address = "127.0.0.1:1", method = "GET" }');
  assertWarning(tcp, 3, "clusters.c.frontends[0].method", ["'tcp'"]);
  const legacy = listener("http", 1, 'answer_404 = "404.http"');
  assertWarning(legacy, 4, "listeners[0].answer_404", ['answers."404"']);
});

Deno.test("loadConfig warns about credentials that match nobody, without repeating them", () => {
  const text = cluster("c", "http", "", 'authorized_hashes = ["admin:secret"]');
  assertWarning(text, 5, "clusters.c.authorized_hashes[0]", ["SHA-256"]);
  const [warning] = load(text).warnings;
  assert.ok(!warning?.message.includes("secret"));
});

Deno.test("loadConfig warns about a status it never answers", () => {
  const text = listener("http", 1, `answers = { "500" = "${template(500).toml}" }`);
  assertWarning(text, 4, "listeners[0].answers.500", ["'500'"]);
});
