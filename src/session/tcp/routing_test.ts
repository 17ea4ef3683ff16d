import assert from "node:assert/strict";
import {
  alpn,
  clientHello,
  extension,
  GROUPS,
  helloMessage,
  record,
  records,
  serverName,
} from "../../../tests/support/tls/client_hello.ts";
import { tcpCluster, tcpListener } from "../../../tests/support/session/tcp_sessions.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { latin1 } from "../../../tests/support/session/wire.ts";
import { LoadBalancing } from "../../balancing/policy.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { HELLO_REJECTIONS, type HelloRejection } from "../../observe/metrics/preread_metrics.ts";
import { DEFAULT_SETTINGS, type ProxyHeaderMode } from "../cluster.ts";

type Setup = ReturnType<typeof tcpListener>;

/** A listener whose clusters are chosen by names and protocols, and which clusters were dialled. */
function named(
  settings: Parameters<typeof tcpListener>[2] = {},
  mode: ProxyHeaderMode = DEFAULT_SETTINGS.proxyHeader,
) {
  const setup = tcpListener(null, undefined, settings);
  const route = (id: string) => ({ cluster: tcpCluster(id, 1, mode), tags: null });
  setup.routes.set("one.test", [], route("one"));
  setup.routes.set("one.test", ["h2"], route("one-h2"));
  setup.routes.set("*.star.test", [], route("star"));
  setup.routes.set("h2.test", ["h2"], route("only-h2"));
  const picked: string[] = [];
  const dial = setup.worker.upstreams.dial.bind(setup.worker.upstreams);
  setup.worker.upstreams.dial = (cluster, ...others) => {
    picked.push(cluster.id);
    return dial(cluster, ...others);
  };
  return { ...setup, picked };
}

/** The rejections that were counted. */
function rejections({ count }: Setup): HelloRejection[] {
  return HELLO_REJECTIONS.flatMap((name, index) =>
    Array.from({ length: count(Counter.HELLO_REJECTED + index) }, () => name)
  );
}

const helloWith = (...extensions: Uint8Array[]) => latin1(records(helloMessage({ extensions })));

Deno.test("TcpSession chooses the cluster by name and protocols and passes every byte on", async () => {
  const rows = [
    [helloWith(serverName("one.test")), "one"],
    [helloWith(serverName("ONE.test."), alpn("http/1.1")), "one"],
    [helloWith(serverName("one.test"), alpn("smtp", "h2")), "one-h2"],
    [helloWith(serverName("x.star.test")), "star"],
    [latin1(records(helloMessage({ extensions: [serverName("one.test")] }), 9)), "one"],
  ] as const;
  for (const [hello, id] of rows) {
    const setup = named();
    const { stream, session } = setup.open();
    stream.feed(hello.slice(0, 40));
    await waitFor("the first part to be read", () => stream.reading);
    assert.equal(setup.dialled.length, 0);
    assert.equal(setup.count(Counter.HELLO_AWAITED), 1);
    stream.feed(hello.slice(40) + "early");
    const backend = await setup.backend();
    await waitFor("the message", () => backend.written === hello + "early");
    assert.deepEqual(setup.picked, [id]);
    assert.deepEqual([setup.count(Counter.HELLO_ROUTED), setup.count(Counter.HELLO_AWAITED)], [
      1,
      0,
    ]);
    assert.deepEqual(rejections(setup), []);
    session.close();
  }
});

Deno.test("TcpSession closes whoever has no service, without a byte, a backend or a record, and counts why", async () => {
  const hello = latin1(clientHello("one.test"));
  const message = helloMessage();
  const foreignRecord = latin1(record(message.subarray(0, 30))) +
    latin1(record(message.subarray(30), 23));
  const encrypted = extension(0xfe0d, new Uint8Array(4));
  const rows: readonly (readonly [HelloRejection | null, string])[] = [
    ["not_tls", "GET / HTTP/1.1\r\n\r\n"],
    ["not_tls", "\x80\x2e\x01"],
    ["malformed_record", "\x16\x03\x01\0\0"],
    ["malformed_record", "\x16\x03\x01\x40\x01"],
    ["malformed_record", foreignRecord],
    ["malformed_handshake", latin1(record(Uint8Array.of(2, 0, 0, 1, 0)))],
    ["malformed_handshake", helloWith(serverName("a.test", "b.test"))],
    ["malformed_handshake", helloWith(serverName("a.test"), serverName("a.test"))],
    ["malformed_handshake", helloWith(serverName("one.test"), alpn("h2"), alpn("h2"))],
    ["malformed_handshake", helloWith(serverName("one.test"), extension(16, Uint8Array.of(0, 0)))],
    ["malformed_handshake", helloWith(serverName("one.test"), alpn("h2", ""))],
    ["malformed_handshake", helloWith(Uint8Array.of(0, 10, 0, 9, 1))],
    ["too_large", helloWith(serverName("one.test"), extension(21, new Uint8Array(16_300)))],
    ["no_sni", helloWith(GROUPS)],
    ["ech_outer_absent", helloWith(GROUPS, encrypted)],
    ["sni_unmatched", helloWith(serverName("stranger.test"))],
    ["sni_unmatched", helloWith(serverName("stranger.test"), encrypted)],
    ["sni_unmatched", helloWith(serverName("a.b.star.test"))],
    ["alpn_unmatched", helloWith(serverName("h2.test"), alpn("http/1.1"))],
    ["alpn_unmatched", helloWith(serverName("h2.test"))],
    ["front_closed", hello.slice(0, 9)],
    // Whoever says nothing was only checking the port.
    [null, ""],
  ];
  for (const [rejection, bytes] of rows) {
    const setup = named();
    const { stream, running } = setup.open();
    if (bytes !== "") stream.feed(bytes);
    stream.feed(null);
    await running;
    assert.deepEqual(
      rejections(setup),
      rejection === null ? [] : [rejection],
      latin1(
        new TextEncoder().encode(bytes.slice(0, 40)),
      ),
    );
    assert.deepEqual([setup.dialled.length, stream.written, setup.lent()], [0, "", 0]);
    assert.deepEqual(setup.observed.accounts, []);
    assert.deepEqual([setup.count(Counter.HELLO_ROUTED), setup.count(Counter.HELLO_AWAITED)], [
      0,
      0,
    ]);
  }
});

Deno.test("TcpSession takes a ClientHello as large as the listener says, and bytes behind it beyond that", async () => {
  const hello = latin1(clientHello("one.test"));
  const fits = named({ maxHelloBytes: hello.length });
  const one = fits.open();
  one.stream.feed(hello + "x".repeat(100));
  const backend = await fits.backend();
  await waitFor("the bytes", () => backend.written.length === hello.length + 100);
  one.session.close();
  const small = named({ maxHelloBytes: hello.length - 1 });
  const two = small.open();
  two.stream.feed(hello);
  await waitFor("the refusal", () => two.stream.writeEnded);
  assert.deepEqual(rejections(small), ["too_large"]);
  two.session.close();
});

Deno.test("TcpSession bounds the ClientHello by a deadline that no byte moves", async () => {
  const setup = named();
  const slow = setup.open();
  const hello = latin1(clientHello("one.test"));
  for (let at = 0; at < 10; at++) {
    slow.stream.feed(hello[at] as string);
    setup.worker.wheel.advance(at * 500);
    await waitFor("the byte to be read", () => slow.stream.reading);
  }
  setup.worker.wheel.advance(5_200);
  await slow.running;
  assert.ok(slow.stream.closed);
  assert.deepEqual(rejections(setup), ["fragmented"]);
  assert.deepEqual(setup.observed.accounts, []);
});

Deno.test("TcpSession has the usual timeouts once it is routed, and then a timeout is no rejection", async () => {
  const setup = named();
  const { stream, running } = setup.open();
  stream.feed(latin1(clientHello("one.test")));
  await setup.backend();
  await waitFor("the tunnel", () => setup.count(Counter.TCP_TUNNELS) === 1);
  setup.worker.wheel.advance(20_000);
  assert.ok(!stream.closed);
  setup.worker.wheel.advance(31_000);
  await running;
  assert.deepEqual(rejections(setup), []);
  assert.equal(setup.observed.accounts.length, 1);
});

const V2 =
  "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x11\xcb\0\x71\x09\xc6\x33\x64\x07\x23\x28\x01\xbb\x01\0\x02h2";
const LOCAL = "\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x0c\xcb\0\x71\x09\xc6\x33\x64\x07\x23\x28\x01\xbb";

Deno.test("TcpSession reads a PROXY header before the ClientHello where the listener expects one", async () => {
  const hello = latin1(clientHello("one.test"));
  const own = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c";
  const rows: [ProxyHeaderMode, header: string, begins: string][] = [
    [DEFAULT_SETTINGS.proxyHeader, V2, hello],
    [{ expects: true, forwards: "nothing" }, V2, hello],
    [{ expects: true, forwards: "received" }, V2, V2 + hello],
    [{ expects: true, forwards: "received" }, LOCAL, LOCAL + hello],
    [{ expects: false, forwards: "own" }, V2, own + "\xcb\0\x71\x09"],
    [{ expects: false, forwards: "own" }, LOCAL, own + "\xc0\0\x02\x01"],
  ];
  for (const [mode, header, begins] of rows) {
    const setup = named({ expectsProxy: true }, mode);
    const { stream, session } = setup.open();
    stream.feed(header + hello);
    const backend = await setup.backend();
    await waitFor("the hello", () => backend.written.endsWith(hello));
    assert.ok(backend.written.startsWith(begins));
    session.close();
  }
});

Deno.test("TcpSession counts a wrong PROXY header before the ClientHello, and one time for both", async () => {
  const hello = latin1(clientHello("one.test"));
  const rows: [HelloRejection | null, string][] = [
    ["proxy_header_invalid", hello],
    ["front_closed", V2.slice(0, 20)],
    ["front_closed", V2 + hello.slice(0, 20)],
    [null, ""],
  ];
  for (const [rejection, bytes] of rows) {
    const setup = named({ expectsProxy: true });
    const { stream, running } = setup.open();
    if (bytes !== "") stream.feed(bytes);
    stream.feed(null);
    await running;
    assert.deepEqual(rejections(setup), rejection === null ? [] : [rejection]);
    assert.equal(setup.dialled.length, 0);
  }
  const setup = named({ expectsProxy: true });
  const { stream, running } = setup.open();
  setup.worker.wheel.advance(3_000);
  stream.feed(V2 + hello.slice(0, 20));
  await waitFor("the header to be read", () => stream.reading);
  setup.worker.wheel.advance(5_200);
  await running;
  assert.deepEqual(rejections(setup), ["fragmented"], "the time counts from the accept");
  const silent = setup.open();
  silent.stream.feed(V2.slice(0, 20));
  await waitFor("the part to be read", () => silent.stream.reading);
  setup.worker.wheel.advance(11_000);
  await silent.running;
  assert.deepEqual(rejections(setup), ["fragmented", "fragmented"]);
});

Deno.test("TcpSession needs no PROXY header of a cluster's own where names decide", async () => {
  for (const forwards of ["nothing", "received"] as const) {
    const setup = named({}, { expects: true, forwards });
    const { stream, session } = setup.open();
    const hello = latin1(clientHello("one.test"));
    stream.feed(hello);
    const backend = await setup.backend();
    await waitFor("the hello", () => backend.written === hello);
    session.close();
  }
});

Deno.test("TcpSession takes the server name from a handshake that was ours", async () => {
  const setup = named();
  const facts = {
    version: "TLSv1.3",
    cipher: null,
    alpn: null,
    resumed: false,
    certificateNames: null,
  };
  const { stream, session } = setup.open({ tls: { ...facts, serverName: "one.test" } });
  stream.feed("decrypted");
  const backend = await setup.backend();
  await waitFor("the bytes", () => backend.written === "decrypted");
  session.close();
});

Deno.test("TcpSession keeps a client on one backend under a policy with a key", async () => {
  for (const policy of [LoadBalancing.HRW, LoadBalancing.MAGLEV]) {
    const db = tcpCluster("db", 8);
    db.backends.setPolicy(policy, 0);
    const setup = tcpListener(db);
    const hostOf = async (ip: string) => {
      const at = setup.dialled.length;
      const { session, running } = setup.open({ peer: { ip, port: at + 1 } });
      await setup.backend(at);
      session.close();
      await running;
      return setup.dialled[at]?.host;
    };
    const hosts = new Set<string | undefined>();
    for (let i = 1; i <= 8; i++) {
      const host = await hostOf(`192.0.2.${i}`);
      assert.equal(await hostOf(`192.0.2.${i}`), host);
      hosts.add(host);
    }
    assert.ok(hosts.size > 2, `${hosts.size} backends for 8 addresses`);
  }
});
