import assert from "node:assert/strict";
import { H2_KEYS } from "./h2.ts";
import {
  listener,
  loaded,
  only,
  refusedOnce,
  requestsOf,
  template,
} from "../../../tests/support/config/file.ts";
import { type HttpsListenerConfig, TlsVersion } from "../../schema/messages.ts";

const FILES = Object.fromEntries(
  [404, 502, 503].map((status) => [`/etc/sozu/${status}.http`, template(status).text]),
);

function https(keys: string): HttpsListenerConfig {
  return only(requestsOf(loaded(listener("https", 1, keys)), "add_https_listener"));
}

Deno.test("ListenerBuilder lets listener timeouts win over global ones", () => {
  const globals = "front_timeout = 1\nback_timeout = 2\nconnect_timeout = 3\nrequest_timeout = 4\n";
  const inherited = loaded(globals + listener("http", 1));
  const { front_timeout, back_timeout, connect_timeout, request_timeout } = only(
    requestsOf(inherited, "add_http_listener"),
  );
  assert.deepEqual([front_timeout, back_timeout, connect_timeout, request_timeout], [1, 2, 3, 4]);
  const own = loaded(globals + listener("tcp", 1, "front_timeout = 9"));
  assert.equal(only(requestsOf(own, "add_tcp_listener")).front_timeout, 9);
});

Deno.test("ListenerBuilder gives UDP listeners timeouts of their own", () => {
  const config = loaded("front_timeout = 1\nback_timeout = 2\n" + listener("udp", 1));
  const added = only(requestsOf(config, "add_udp_listener"));
  assert.deepEqual([added.front_timeout, added.back_timeout], [30, 30]);
  assert.deepEqual([added.max_rx_datagram_size, added.max_flows], [1500, 0]);
});

Deno.test("ListenerBuilder sends HTTP/2 keys under their own names, absent ones not at all", () => {
  const names = Object.keys(H2_KEYS) as (keyof typeof H2_KEYS)[];
  const absent = https("");
  for (const name of names) assert.equal(name in absent, false, name);
  const given = https(names.map((name, index) => `${name} = ${index + 2}`).join("\n"));
  for (const [index, name] of names.entries()) assert.equal(Number(given[name]), index + 2, name);
  assert.equal(typeof given.h2_max_rst_stream_lifetime, "bigint");
});

Deno.test("ListenerBuilder always sends the two X-Real-IP switches", () => {
  const plain = only(requestsOf(loaded(listener("http", 1)), "add_http_listener"));
  assert.deepEqual([plain.elide_x_real_ip, plain.send_x_real_ip], [false, false]);
  const set = https("elide_x_real_ip = true\nsend_x_real_ip = true");
  assert.deepEqual([set.elide_x_real_ip, set.send_x_real_ip], [true, true]);
  assert.equal(plain.allow_obs_text, true);
  assert.equal(https("allow_obs_text = false").allow_obs_text, false);
  assert.equal(plain.upload_min_bytes, undefined);
  assert.equal(https("upload_min_bytes = 4096").upload_min_bytes, 4096);
  assert.equal(plain.forwarded_headers, 0);
  for (const [number, word] of ["both", "x_forwarded", "rfc7239", "none"].entries()) {
    assert.equal(https(`forwarded_headers = "${word}"`).forwarded_headers, number);
  }
});

Deno.test("ListenerBuilder sends the switch for cleartext HTTP/2 of HTTP listeners when it is given", () => {
  const http = (keys: string) =>
    only(requestsOf(loaded(listener("http", 1, keys)), "add_http_listener"));
  assert.equal("h2c_prior_knowledge" in http(""), false);
  assert.equal(http("h2c_prior_knowledge = true").h2c_prior_knowledge, true);
  assert.equal(http("h2c_prior_knowledge = false").h2c_prior_knowledge, false);
  assert.equal("h2c_prior_knowledge" in https("h2c_prior_knowledge = true"), false);
});

Deno.test("ListenerBuilder fills in the TLS defaults", () => {
  const config = https("");
  assert.deepEqual(config.versions, [TlsVersion.TLS_V1_2, TlsVersion.TLS_V1_3]);
  assert.equal(config.cipher_list.length, 9);
  assert.deepEqual(config.cipher_suites, config.cipher_list);
  assert.deepEqual(config.groups_list, ["X25519MLKEM768", "x25519", "P-256", "P-384"]);
  assert.equal(config.send_tls13_tickets, 4n);
  assert.equal("strict_sni_binding" in config, false);
  assert.deepEqual(https("tls_versions = []").versions, []);
});

Deno.test("alpnProtocols keeps the order, drops duplicates, defaults an empty list", () => {
  const alpn = (value: string) => https(`alpn_protocols = ${value}`).alpn_protocols;
  assert.deepEqual(https("").alpn_protocols, ["h2", "http/1.1"]);
  assert.deepEqual(alpn("[]"), ["h2", "http/1.1"]);
  assert.deepEqual(alpn('["http/1.1"]'), ["http/1.1"]);
  assert.deepEqual(alpn('["http/1.1", "h2"]'), ["http/1.1", "h2"]);
  assert.deepEqual(alpn('["h2", "h2", "http/1.1"]'), ["h2", "http/1.1"]);
});

Deno.test("hstsMessage defaults max_age only for an enabled policy", () => {
  const hsts = (keys: string) => https(`hsts = { ${keys} }`).hsts;
  assert.deepEqual(hsts("enabled = true"), { enabled: true, max_age: 31_536_000 });
  assert.deepEqual(hsts("enabled = false"), { enabled: false });
  assert.deepEqual(hsts("enabled = true, max_age = 0"), { enabled: true, max_age: 0 });
  const explicit = "enabled = true, max_age = 63072000, include_subdomains = true, preload = true";
  assert.deepEqual(hsts(explicit), {
    enabled: true,
    max_age: 63_072_000,
    include_subdomains: true,
    preload: true,
  });
  assert.equal(hsts("enabled = true, force_replace_backend = true")?.force_replace_backend, true);
});

Deno.test("listenerAnswers lets the answers table win over the older keys", () => {
  const keys = 'answer_404 = "404.http"\nanswer_503 = "503.http"\n' +
    '[listeners.answers]\n"404" = "' + template(404).toml +
    '"\n"502" = "file://502.http"\n"400" = ""';
  const added = only(requestsOf(loaded(listener("http", 1, keys), FILES), "add_http_listener"));
  assert.deepEqual(
    added.answers,
    new Map([404, 503, 502].map((status) => [`${status}`, template(status).text])),
  );
  assert.deepEqual(added.http_answers, {
    answer_404: template(404).text,
    answer_503: template(503).text,
  });
});

Deno.test("listenerAnswers sends no legacy message without legacy keys", () => {
  const added = only(requestsOf(loaded(listener("http", 1)), "add_http_listener"));
  assert.equal("http_answers" in added, false);
  assert.deepEqual(added.answers, new Map());
});

Deno.test("a tcp listener carries its certificate, the chain after it, and its key", () => {
  const files = { "/etc/sozu/c.pem": "CERTIFICATE", "/etc/sozu/chain.pem": "CHAIN" };
  const sent = (keys: string) => {
    const all = { ...files, "/etc/sozu/k.pem": "KEY" };
    return only(requestsOf(loaded(listener("tcp", 1, keys), all), "add_tcp_listener"));
  };
  assert.equal("certificate" in sent("") || "key" in sent(""), false);
  const alone = sent('certificate = "c.pem"\nkey = "k.pem"');
  assert.deepEqual([alone.certificate, alone.key], ["CERTIFICATE", "KEY"]);
  const chained = sent('certificate = "c.pem"\ncertificate_chain = "chain.pem"\nkey = "k.pem"');
  assert.equal(chained.certificate, "CERTIFICATE\nCHAIN");
});

Deno.test("a tcp listener without all of its certificate is refused, never opened without TLS", () => {
  const files = { "/etc/sozu/c.pem": "CERTIFICATE", "/etc/sozu/k.pem": "KEY" };
  const rows = [
    ['certificate = "c.pem"', "certificate", "Needs 'key'"],
    ['key = "k.pem"', "key", "Needs 'certificate'"],
    ['certificate_chain = "c.pem"', "certificate_chain", "Needs 'certificate'"],
    ['certificate = "c.pem"\nkey = "nowhere.pem"', "key", "nowhere.pem"],
    ['certificate = "nowhere.pem"\nkey = "k.pem"', "certificate", "nowhere.pem"],
  ] as const;
  for (const [keys, key, said] of rows) {
    const error = refusedOnce(listener("tcp", 1, keys), files);
    assert.equal(error.key, `listeners[0].${key}`);
    assert.ok(error.message.includes(said), error.message);
  }
});
