import assert from "node:assert/strict";
import {
  cluster,
  kindsOf,
  listener,
  loaded,
  only,
  refusedOnce,
  requestsOf,
} from "../../tests/support/config/file.ts";
import { ProxyProtocolConfig } from "../schema/messages.ts";

const FILES = {
  "/etc/sozu/c.pem": "CERTIFICATE",
  "/etc/sozu/k.pem": "KEY",
  "/etc/sozu/chain.pem": "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n" +
    "-----BEGIN CERTIFICATE-----\nB\n-----END CERTIFICATE-----\n",
};
const TLS = 'certificate = "c.pem"\nkey = "k.pem"\ncertificate_chain = "chain.pem"';
const PLAIN_FRONTEND = '{ address = "127.0.0.1:1", hostname = "h" }';
const TLS_FRONTEND =
  '{ address = "127.0.0.1:1", hostname = "h", certificate = "c.pem", key = "k.pem" }';
const TCP_FRONTEND = '{ address = "127.0.0.1:1" }';

function kinds(text: string): string[] {
  return kindsOf(loaded("activate_listeners = false\n" + text, FILES));
}

Deno.test("matchHttpFrontend accepts a listener of the right kind", () => {
  const plain = listener("http", 1) + cluster("c", "http", PLAIN_FRONTEND);
  assert.deepEqual(kinds(plain), ["add_http_listener", "add_cluster", "add_http_frontend"]);
  const tls = listener("https", 1) + cluster("c", "http", TLS_FRONTEND);
  assert.deepEqual(kinds(tls), [
    "add_https_listener",
    "add_cluster",
    "add_certificate",
    "add_https_frontend",
  ]);
});

Deno.test("matchHttpFrontend refuses a listener of another kind", () => {
  const cases: [string, string, string][] = [
    [listener("tcp", 1), PLAIN_FRONTEND, "'tcp'"],
    [listener("udp", 1), PLAIN_FRONTEND, "'udp'"],
    [listener("http", 1), TLS_FRONTEND, "'http'"],
    [listener("https", 1), PLAIN_FRONTEND, "'https'"],
  ];
  for (const [declared, frontend, protocol] of cases) {
    const error = refusedOnce(declared + cluster("c", "http", frontend), FILES);
    assert.equal(error.key, "clusters.c.frontends[0].address");
    assert.equal(error.line, 7);
    assert.ok(error.message.includes(`has protocol ${protocol}`), error.message);
    assert.ok(error.message.includes("accepted:"), error.message);
  }
});

Deno.test("matchHttpFrontend lends the listener's certificate to a frontend without one", () => {
  const text = listener("https", 1, TLS) + cluster("c", "http", PLAIN_FRONTEND);
  const added = only(requestsOf(loaded(text, FILES), "add_certificate"));
  assert.equal(added.certificate.certificate, "CERTIFICATE");
  assert.equal(added.certificate.key, "KEY");
  assert.equal(added.certificate.certificate_chain.length, 2);
  assert.deepEqual(added.certificate.names, []);
});

Deno.test("matchHttpFrontend refuses a listener whose certificate has no key", () => {
  const text = listener("https", 1, 'certificate = "c.pem"') + cluster("c", "http", PLAIN_FRONTEND);
  assert.equal(refusedOnce(text, FILES).key, "clusters.c.frontends[0].address");
});

Deno.test("FileListeners creates the listener a frontend needs, behind the declared ones", () => {
  const text = cluster("c", "http", PLAIN_FRONTEND) + listener("http", 9);
  const config = loaded("front_timeout = 7\n" + text, FILES);
  const [declared, automatic] = requestsOf(config, "add_http_listener");
  assert.equal(declared?.address.port, 9);
  assert.equal(automatic?.address.port, 1);
  assert.equal(automatic?.front_timeout, 7);
  assert.equal(automatic?.expect_proxy, false);
  assert.equal(requestsOf(config, "activate_listener").length, 2);
});

Deno.test("FileListeners creates an HTTPS listener with default ALPN and no certificate", () => {
  const config = loaded(cluster("c", "http", TLS_FRONTEND), FILES);
  const created = only(requestsOf(config, "add_https_listener"));
  assert.deepEqual(created.alpn_protocols, ["h2", "http/1.1"]);
  assert.equal(created.certificate, undefined);
  assert.equal(created.signature_algorithms.length, 9);
});

Deno.test("FileListeners makes a created listener known to later frontends", () => {
  const again = cluster("a", "http", PLAIN_FRONTEND) +
    cluster("b", "http", PLAIN_FRONTEND.replace("'h'", "'other'").replace('"h"', '"other"'));
  assert.equal(requestsOf(loaded(again), "add_http_listener").length, 1);
  const mixed = cluster("a", "tcp", TCP_FRONTEND) + cluster("b", "http", PLAIN_FRONTEND);
  assert.equal(refusedOnce(mixed).key, "clusters.b.frontends[0].address");
});

Deno.test("FileListeners repeats no error of a declared listener at its frontends", () => {
  const broken = '[[listeners]]\nprotocol = "htps"\naddress = "127.0.0.1:1"\n';
  const clusters = cluster("a", "http", PLAIN_FRONTEND) + cluster("b", "tcp", TCP_FRONTEND);
  assert.equal(refusedOnce(broken + clusters).line, 2);
  const twice = listener("http", 1) + listener("tcp", 1);
  assert.equal(refusedOnce(twice + cluster("c", "http", PLAIN_FRONTEND)).line, 7);
});

Deno.test("clusterRequests matches no frontend of a cluster whose protocol is wrong", () => {
  const text = listener("tcp", 1) + cluster("c", "https", PLAIN_FRONTEND);
  assert.equal(refusedOnce(text).key, "clusters.c.protocol");
});

Deno.test("matchTcpFrontend tells TCP and UDP frontends apart by their listener", () => {
  const tcp = cluster("c", "tcp", TCP_FRONTEND);
  assert.deepEqual(kinds(listener("tcp", 1) + tcp), [
    "add_tcp_listener",
    "add_cluster",
    "add_tcp_frontend",
  ]);
  assert.deepEqual(kinds(listener("udp", 1) + tcp), [
    "add_udp_listener",
    "add_cluster",
    "add_udp_frontend",
  ]);
  assert.deepEqual(kinds(tcp), ["add_tcp_listener", "add_cluster", "add_tcp_frontend"]);
  for (const protocol of ["http", "https"]) {
    const error = refusedOnce(listener(protocol, 1) + tcp);
    assert.ok(error.message.includes(`'${protocol}', accepted: a tcp or udp listener`));
  }
});

Deno.test("proxyProtocolMode follows what the listener expects and the cluster sends", () => {
  const modes: [boolean, boolean, number | undefined][] = [
    [true, true, ProxyProtocolConfig.RELAY_HEADER],
    [true, false, ProxyProtocolConfig.SEND_HEADER],
    [false, true, ProxyProtocolConfig.EXPECT_HEADER],
    [false, false, undefined],
  ];
  for (const protocol of ["tcp", "udp"]) {
    for (const [sends, expects, mode] of modes) {
      const text = listener(protocol, 1, `expect_proxy = ${expects}`) +
        cluster("c", "tcp", TCP_FRONTEND, `send_proxy = ${sends}`);
      const added = only(requestsOf(loaded(text), "add_cluster"));
      assert.equal(added.proxy_protocol, mode);
      assert.equal("proxy_protocol" in added, mode !== undefined);
    }
  }
});

Deno.test("proxyProtocolMode is absent from http clusters", () => {
  const text = listener("http", 1, "expect_proxy = true") +
    cluster("c", "http", PLAIN_FRONTEND, "send_proxy = true");
  assert.equal(only(requestsOf(loaded(text), "add_cluster")).proxy_protocol, undefined);
});

Deno.test("matchTcpFrontend refuses server names of clusters whose clients have none to ask for", () => {
  const named = '{ address = "127.0.0.1:1", sni = "one.test" }';
  const udp = refusedOnce(listener("udp", 1) + cluster("c", "tcp", named));
  assert.equal(udp.key, "clusters.c.frontends[0].sni");
  assert.match(udp.message, /a tcp listener/);
  for (const name of ["", "*", "*.", "a.*.test", "one test"]) {
    const text = cluster("c", "tcp", `{ address = "127.0.0.1:1", sni = "${name}" }`);
    assert.match(refusedOnce(text).message, /accepted: a host name, or '\*\.' followed by one/);
  }
});
