import assert from "node:assert/strict";
import { ProxyProtocolConfig } from "../../config/schema/messages.ts";
import { socketAddress } from "../support/session/proxy.ts";
import { V1_LINE } from "../support/session/proxy_headers.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import {
  startTcpProxy,
  type TcpProxyOptions,
  type TcpTestProxy,
} from "../support/session/tcp_proxy.ts";
import { certificateFor, fingerprintOf } from "../support/tls/test_certificates.ts";
import { connectSecure, shakeHands } from "../support/tls/tls_client.ts";
import { waitFor } from "../support/wait.ts";
import { latin1, type Wire } from "../support/session/wire.ts";

const ONE = certificateFor(["one.test"]);
const TWO = certificateFor(["two.test"]);

/** A backend that says its name and what it got, once the client has said everything. */
function named(name: string): ScriptedOrigin {
  return scriptedOrigin(async (wire) => {
    await wire.write(`${name} got ${latin1(await wire.readToEnd(20_000))}`);
  });
}

function start(backend: string, options: TcpProxyOptions = {}): Promise<TcpTestProxy> {
  const { certificate, key } = ONE;
  return startTcpProxy({
    ...options,
    backends: [backend],
    listener: { certificate, key, ...options.listener },
  });
}

const connect = (proxy: TcpTestProxy, name = "one.test", beforehand = "") =>
  connectSecure(proxy.port, name, [ONE.certificate, TWO.certificate], [], beforehand);

async function sayAll(wire: Wire, text: string): Promise<string> {
  await wire.write(text);
  await wire.closeWrite();
  return latin1(await wire.readToEnd());
}

Deno.test("a TCP listener with a certificate ends TLS and passes on what is inside of it", async () => {
  await using origin = named("a");
  await using proxy = await start(origin.address);
  using wire = await connect(proxy);
  assert.equal(await sayAll(wire, "plain"), "a got plain");
  const { protocol } = await shakeHands(proxy.port, "one.test", { maxVersion: "TLSv1.2" });
  assert.equal(protocol, "TLSv1.2");
});

Deno.test("TLS that ends at a TCP listener carries much, both ways at once", async () => {
  const size = 1024 * 1024;
  const pattern = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
  await using origin = scriptedOrigin(async (wire) => {
    const sending = wire.write(pattern);
    assert.deepEqual(await wire.readExactly(size, 20_000), pattern);
    await sending;
    await wire.write("same");
  });
  await using proxy = await start(origin.address);
  using wire = await connect(proxy);
  const sending = wire.write(pattern);
  assert.deepEqual(await wire.readExactly(size, 20_000), pattern);
  await sending;
  assert.equal(latin1(await wire.readExactly(4)), "same");
});

Deno.test("the certificate of a TCP listener is replaced while connections are open", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.write("hello");
    await wire.write(`got ${await wire.readThrough("!")}`);
  });
  await using proxy = await start(origin.address);
  using before = await connect(proxy);
  assert.equal(latin1(await before.readExactly(5)), "hello");
  const { certificate, key } = TWO;
  const address = socketAddress(`127.0.0.1:${proxy.port}`);
  await proxy.apply({ kind: "update_tcp_listener", value: { address, certificate, key } });
  const { fingerprint } = await shakeHands(proxy.port, "any.test");
  assert.equal(fingerprint, fingerprintOf(TWO));
  await before.write("still here!");
  assert.equal(await before.readThrough("!"), "got still here!");
  const refused = proxy.plane.apply({
    request_type: {
      kind: "update_tcp_listener",
      value: { address, certificate: ONE.certificate, key: TWO.key },
    },
  });
  assert.match(await refused ?? "", /does not belong to the certificate/);
  assert.equal((await shakeHands(proxy.port, "x")).fingerprint, fingerprintOf(TWO));
});

Deno.test("a PROXY header comes before TLS that ends at a TCP listener", async () => {
  await using origin = named("a");
  for (const listener of [{ expect_proxy: true }, {}]) {
    const proxy_protocol = listener.expect_proxy
      ? ProxyProtocolConfig.SEND_HEADER
      : ProxyProtocolConfig.RELAY_HEADER;
    await using proxy = await start(origin.address, { listener });
    // The cluster's mode may change after the listener was opened.
    await proxy.addCluster("db", { proxy_protocol });
    using wire = await connect(proxy, "one.test", V1_LINE);
    const answer = await sayAll(wire, "inside");
    assert.ok(answer.startsWith("a got "), answer);
    assert.ok(answer.endsWith("inside"));
    const header = answer.slice(6, -6);
    if (listener.expect_proxy) {
      assert.ok(header.includes("\x0a\0\0\x2a"), "the client, in a v2 header");
    } else assert.equal(header, V1_LINE);
    await assert.rejects(connect(proxy), "a handshake without a header");
    assert.equal(proxy.count("proxy_protocol.errors"), 1);
  }
});

Deno.test("server names choose among clusters where TLS ends as well", async () => {
  await using rest = named("rest");
  await using other = named("other");
  await using proxy = await start(rest.address);
  await proxy.addCluster("other");
  await proxy.addBackend("other", other.address);
  await proxy.removeFrontend("db");
  await proxy.addFrontend("other", "two.test");
  await proxy.addFrontend("db", "*.test");
  for (const [name, expected] of [["two.test", "other"], ["one.test", "rest"]] as const) {
    using wire = await connect(proxy, name);
    assert.equal(await sayAll(wire, "x"), `${expected} got x`);
  }
  await proxy.removeFrontend("other", "two.test");
  using wire = await connect(proxy, "two.test");
  assert.equal(await sayAll(wire, "x"), "rest got x");
});

Deno.test("what is no handshake costs only its own connection, and no more than ten seconds", async () => {
  await using origin = named("a");
  await using proxy = await start(origin.address, { listener: { front_timeout: 1 } });
  for (
    const bytes of ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x02\x01\x00", "\xff".repeat(64)]
  ) {
    using wire = await connectRaw(proxy.port);
    await wire.write(bytes);
    await wire.readToEnd();
    assert.ok(wire.ended);
  }
  using silent = await connectRaw(proxy.port);
  assert.equal((await silent.readToEnd(8_000)).length, 0);
  await waitFor("every client to be gone", () => proxy.count("client.connections") === 0);
  assert.equal(origin.accepted, 0);
  using wire = await connect(proxy);
  assert.equal(await sayAll(wire, "x"), "a got x");
  assert.equal(proxy.count("session.internal_errors"), 0);
});

Deno.test("a TCP listener with a certificate that cannot be served is refused, without its key", async () => {
  const rows = [
    { certificate: "nonsense", key: ONE.key },
    { certificate: ONE.certificate, key: "SECRET" },
    { certificate: ONE.certificate, key: TWO.key },
  ];
  for (const listener of rows) {
    await assert.rejects(startTcpProxy({ listener }), (error: Error) => {
      assert.match(error.message, /certificate|private key|empty key/);
      assert.doesNotMatch(error.message, /SECRET|PRIVATE KEY-/);
      return true;
    });
  }
});
