// TLS that passes through a TCP listener, told apart by the name the client asks for: real clients, real TLS
// servers, and every byte as it was.

import assert from "node:assert/strict";
import { ProxyProtocolConfig } from "../../config/schema/messages.ts";
import type { HelloRejection } from "../../src/observe/metrics/preread_metrics.ts";
import { encodeV2 } from "../../src/protocol/proxy_protocol/v2.ts";
import { findProgram, findTools } from "../bench/load/tools.ts";
import { clientHello, helloMessage, records } from "../support/tls/client_hello.ts";
import { Lab } from "../support/process/lab.ts";
import { startNginxSites } from "../support/tls/nginx_sites.ts";
import { OPENSSL, opensslClient, runProgram } from "../support/tls/openssl.ts";
import { concat, connectRaw, sayUntilClosed } from "../support/http/raw_client.ts";
import { splittingRelay } from "../support/tls/record_splitter.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import {
  startTcpProxy,
  type TcpProxyOptions,
  type TcpTestProxy,
} from "../support/session/tcp_proxy.ts";
import { certificateFor, fingerprintOf } from "../support/tls/test_certificates.ts";
import { connectSecure, shakeHands } from "../support/tls/tls_client.ts";
import { waitFor } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

const CURL = findProgram("curl");
const NGINX = (await findTools(["nginx"])).get("nginx");

const CERTIFICATES = {
  exact: certificateFor(["one.test"]),
  wildcard: certificateFor(["*.star.test"], { commonName: "star" }),
  inside: certificateFor(["in.star.test"]),
  rest: certificateFor(["rest.test"]),
};

/** A listener with four clusters: a name, a wildcard, a name within it, and another name. */
async function fourClusters(
  backends: Readonly<Record<keyof typeof CERTIFICATES, { readonly address: string }>>,
): Promise<TcpTestProxy> {
  const proxy = await startNamedProxy();
  const names = {
    exact: "One.Test",
    wildcard: "*.star.test",
    inside: "in.star.test",
    rest: "rest.test",
  } as const;
  for (const [id, name] of Object.entries(names) as [keyof typeof names, string][]) {
    await proxy.addCluster(id);
    await proxy.addBackend(id, backends[id].address);
    await proxy.addFrontend(id, name);
  }
  return proxy;
}

/** A proxy whose listener has no frontend. */
async function startNamedProxy(options: TcpProxyOptions = {}): Promise<TcpTestProxy> {
  const proxy = await startTcpProxy(options);
  await proxy.removeFrontend("db");
  return proxy;
}

/** Which backend a name belongs to. */
const EXPECTED = [
  ["one.test", "exact"],
  ["ONE.test", "exact"],
  ["x.star.test", "wildcard"],
  ["in.star.test", "inside"],
  ["rest.test", "rest"],
] as const;

const REQUEST = "GET / HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n";

Deno.test({
  name: "openssl meets the nginx of each name, sees its certificate and shakes hands with it",
  ignore: OPENSSL === null || NGINX === undefined,
  async fn() {
    await using lab = new Lab();
    const sites = await startNginxSites(lab, NGINX as string, CERTIFICATES);
    await using proxy = await fourClusters(sites);
    for (const [name, site] of EXPECTED) {
      const asked = ["-servername", name];
      const trusted = ["-CAfile", lab.path(`${site}.pem`), "-verify_return_error"];
      for (const version of ["1_2", "1_3"]) {
        const args = [...asked, ...trusted, `-tls${version}`];
        const { text } = await opensslClient(proxy.port, args, REQUEST);
        assert.match(text, /Verif(?:y return code: 0|ication: OK)/, `${name} ${text}`);
        assert.match(text, new RegExp(`site ${site} at TLSv1.${version.at(-1)}\n`), name);
      }
    }
    assert.equal(proxy.count("tls.version.TLSv1_3"), 0, "no handshake is made by the proxy");
  },
});

Deno.test({
  name: "curl gets the page of each name, and trusts nothing but its certificate",
  ignore: CURL === null || NGINX === undefined,
  async fn() {
    await using lab = new Lab();
    const sites = await startNginxSites(lab, NGINX as string, CERTIFICATES);
    await using proxy = await fourClusters(sites);
    const rows = [
      ["one.test", "exact"],
      ["x.star.test", "wildcard"],
      ["in.star.test", "inside"],
      ["rest.test", "rest"],
    ] as const;
    const get = (name: string, trusted: string) => {
      const place = `${name}:${proxy.port}`;
      return runProgram(CURL as string, [
        ...["-sS", "--cacert", lab.path(`${trusted}.pem`), "--resolve", `${place}:127.0.0.1`],
        `https://${place}/`,
      ]);
    };
    for (const [name, site] of rows) {
      const { text, code } = await get(name, site);
      assert.deepEqual([text, code], [`site ${site} at TLSv1.3\n`, 0]);
    }
    assert.equal((await get("one.test", "rest")).code, 60, "the certificate of another backend");
  },
});

/** A TLS backend that says its name before what it gets. */
function secureBackend(site: keyof typeof CERTIFICATES): ScriptedOrigin {
  const greet = async (wire: Wire) => {
    await wire.write(`${site} got ${await wire.readThrough("!")}`);
  };
  return scriptedOrigin(greet, 0, CERTIFICATES[site]);
}

Deno.test("a ClientHello in many records and single bytes is routed, and the handshake completes", async () => {
  await using exact = secureBackend("exact");
  await using rest = secureBackend("rest");
  await using proxy = await fourClusters({ exact, wildcard: rest, inside: rest, rest });
  for (const size of [7, 100]) {
    await using relay = splittingRelay(proxy.port, size);
    for (const [name, site] of [["one.test", "exact"], ["rest.test", "rest"]] as const) {
      const { fingerprint } = await shakeHands(relay.port, name);
      assert.equal(fingerprint, fingerprintOf(CERTIFICATES[site]));
      using wire = await connectSecure(relay.port, name, [CERTIFICATES[site].certificate], []);
      await wire.write("a word!");
      assert.equal(await wire.readThrough("!"), `${site} got a word!`);
    }
  }
  assert.equal(rejected(proxy, "malformed_record"), 0);
  await using crumbs = splittingRelay(proxy.port, 1);
  await assert.rejects(shakeHands(crumbs.port, "one.test"));
  assert.equal(rejected(proxy, "malformed_record"), 1, "a bound on the records of one message");
});

Deno.test("not a byte of what passes is changed, added or lost, whatever it is", async () => {
  const hello = records(helloMessage({ sessionId: new Uint8Array(0) }), 9);
  const more = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 9)) & 0xff);
  const sent = concat([hello, more]);
  const said = more.toReversed();
  let received: Uint8Array = new Uint8Array(0);
  await using origin = scriptedOrigin(async (wire) => {
    received = await wire.readExactly(sent.length, 20_000);
    await wire.write(said);
  });
  await using proxy = await startNamedProxy();
  await proxy.addCluster("named");
  await proxy.addBackend("named", origin.address);
  await proxy.addFrontend("named", "www.example.test");
  using wire = await connectRaw(proxy.port);
  for (const byte of hello) await wire.write(Uint8Array.of(byte));
  await wire.write(more);
  assert.deepEqual(await wire.readExactly(said.length, 20_000), said);
  assert.deepEqual(received, sent);
});

Deno.test("who asks for no name of the listener, or for none, is closed without a byte and counted", async () => {
  await using origin = secureBackend("exact");
  await using proxy = await startNamedProxy();
  await proxy.addCluster("exact");
  await proxy.addBackend("exact", origin.address);
  await proxy.addFrontend("exact", "one.test");
  for (const name of ["stranger.test", "www.one.test", ""]) {
    await assert.rejects(shakeHands(proxy.port, name));
  }
  assert.equal(await sayUntilClosed(proxy.port, clientHello("stranger.test")), "");
  assert.equal(await sayUntilClosed(proxy.port, "SSH-2.0-no TLS at all\r\n"), "");
  assert.deepEqual(
    (["sni_unmatched", "no_sni", "not_tls"] as const).map((reason) => rejected(proxy, reason)),
    [3, 1, 1],
  );
  assert.equal(origin.accepted, 0);
  assert.equal(proxy.count("tcp.sni_preread.routed"), 0);
  await shakeHands(proxy.port, "one.test");
  assert.equal(proxy.count("tcp.sni_preread.routed"), 1);
  await waitFor("every session to end", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("tcp.sni_preread.active"), 0);
  assert.equal(proxy.count("session.internal_errors"), 0);
});

Deno.test("protocols choose among the clusters of a name, in the order of the client", async () => {
  await using one = secureBackend("exact");
  await using two = secureBackend("rest");
  await using proxy = await startNamedProxy();
  for (const [id, { address }] of [["h2", one], ["left", two]] as const) {
    await proxy.addCluster(id);
    await proxy.addBackend(id, address);
  }
  await proxy.addFrontend("h2", "one.test", ["h2"]);
  await proxy.addFrontend("left", "one.test");
  const ask = async (protocols: string[]) =>
    (await shakeHands(proxy.port, "one.test", { ALPNProtocols: protocols })).fingerprint;
  assert.equal(await ask(["http/1.1", "h2"]), fingerprintOf(CERTIFICATES.exact));
  assert.equal(await ask(["http/1.1"]), fingerprintOf(CERTIFICATES.rest));
  await proxy.removeFrontend("left", "one.test");
  await assert.rejects(ask(["http/1.1"]));
  assert.equal(rejected(proxy, "alpn_unmatched"), 1);
  assert.equal(await ask(["h2"]), fingerprintOf(CERTIFICATES.exact));
});

Deno.test("a ClientHello that does not come in time is given up, however it drips", async () => {
  await using origin = secureBackend("exact");
  await using proxy = await startNamedProxy({ listener: { sni_preread_timeout: 1 } });
  await proxy.addCluster("exact");
  await proxy.addBackend("exact", origin.address);
  await proxy.addFrontend("exact", "one.test");
  using silent = await connectRaw(proxy.port);
  using slow = await connectRaw(proxy.port);
  const hello = clientHello("one.test");
  await slow.write(hello.subarray(0, 60));
  await waitFor("both to be awaited", () => proxy.count("tcp.sni_preread.active") === 2);
  for (const wire of [silent, slow]) assert.equal((await wire.readToEnd()).length, 0);
  await waitFor("both to be given up", () => rejected(proxy, "fragmented") === 2);
  assert.equal(origin.accepted, 0);
});

Deno.test("the PROXY header of a client goes before its ClientHello, and to the backend as the cluster says", async () => {
  const hello = clientHello("one.test");
  let received: Uint8Array = new Uint8Array(0);
  await using origin = scriptedOrigin(async (wire) => {
    received = await wire.readExactly(wanted, 20_000);
    await wire.write("!");
  });
  const header = encodeV2({
    command: "PROXY",
    transport: "stream",
    source: { ip: "203.0.113.9", port: 7 },
    destination: { ip: "203.0.113.1", port: 443 },
  });
  let wanted = 0;
  const { RELAY_HEADER, EXPECT_HEADER } = ProxyProtocolConfig;
  for (
    const [mode, expected] of [
      [RELAY_HEADER, concat([header, hello])],
      [EXPECT_HEADER, hello],
      [undefined, hello],
    ] as const
  ) {
    await using proxy = await startNamedProxy({ listener: { expect_proxy: true } });
    await proxy.addCluster("named", mode === undefined ? {} : { proxy_protocol: mode });
    await proxy.addBackend("named", origin.address);
    await proxy.addFrontend("named", "one.test");
    wanted = expected.length;
    using wire = await connectRaw(proxy.port);
    for (const byte of concat([header, hello])) await wire.write(Uint8Array.of(byte));
    assert.equal(await wire.readThrough("!", 20_000), "!");
    assert.deepEqual(received, expected);
    assert.equal(await sayUntilClosed(proxy.port, hello), "", "no header");
    assert.equal(rejected(proxy, "proxy_header_invalid"), 1);
  }
});

function rejected(proxy: TcpTestProxy, reason: HelloRejection): number {
  return proxy.count(`tcp.sni_preread.rejected.${reason}`);
}
