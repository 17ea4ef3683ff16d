import assert from "node:assert/strict";
import { clientHello } from "../../../tests/support/tls/client_hello.ts";
import { tcpCluster, tcpListener } from "../../../tests/support/session/tcp_sessions.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { latin1 } from "../../../tests/support/session/wire.ts";
import { LoadBalancing } from "../../balancing/policy.ts";
import { Counter } from "../../observe/metrics/counters.ts";

function named(setup: ReturnType<typeof tcpListener>) {
  const [one, star] = [tcpCluster("one"), tcpCluster("star")];
  setup.services.set("one.test", one);
  setup.services.set("*.star.test", star);
}

Deno.test("TcpSession chooses the cluster by the server name and passes every byte on", async () => {
  const rest = tcpCluster("rest");
  for (const [name, id] of [["one.test", "one"], ["x.star.test", "star"], ["no.test", "rest"]]) {
    const setup = tcpListener(rest);
    named(setup);
    const picked: string[] = [];
    const dial = setup.worker.upstreams.dial.bind(setup.worker.upstreams);
    setup.worker.upstreams.dial = (cluster, ...others) => {
      picked.push(cluster.id);
      return dial(cluster, ...others);
    };
    const hello = latin1(clientHello(name as string));
    const { stream, session } = setup.open();
    stream.feed(hello.slice(0, 40));
    await waitFor("the first part to be read", () => stream.reading);
    assert.equal(setup.dialled.length, 0);
    stream.feed(hello.slice(40) + "early");
    const backend = await setup.backend();
    await waitFor("the message", () => backend.written === hello + "early");
    assert.deepEqual(picked, [id]);
    session.close();
  }
});

Deno.test("TcpSession closes on a name nobody serves, on no TLS and on a cut ClientHello", async () => {
  const hello = latin1(clientHello("stranger.test"));
  const rows: [string, number][] = [[hello, 0], ["GET / HTTP/1.1\r\n\r\n", 1], [
    hello.slice(0, 9),
    1,
  ]];
  for (const [bytes, errors] of rows) {
    const setup = tcpListener(null);
    named(setup);
    const { stream, running } = setup.open();
    stream.feed(bytes);
    stream.feed(null);
    await running;
    assert.equal(setup.dialled.length, 0);
    assert.equal(stream.written, "");
    assert.equal(setup.count(Counter.CLIENT_HELLO_ERRORS), errors);
    assert.equal(setup.lent(), 0);
  }
});

Deno.test("TcpSession bounds the ClientHello by a deadline that no byte moves, and by size", async () => {
  const setup = tcpListener(null);
  named(setup);
  const slow = setup.open();
  const hello = latin1(clientHello("one.test"));
  for (let at = 0; at < 10; at++) {
    slow.stream.feed(hello[at] as string);
    setup.worker.wheel.advance(at * 1_000);
    await waitFor("the byte to be read", () => slow.stream.reading);
  }
  setup.worker.wheel.advance(10_200);
  await slow.running;
  assert.ok(slow.stream.closed);
  const large = setup.open();
  large.stream.feed("\x16\x03\x01\x3f\xff\x01\x00\x3f\xfb");
  await waitFor("the refusal", () => large.stream.writeEnded);
  large.session.close();
  assert.equal(setup.count(Counter.CLIENT_HELLO_ERRORS), 1);
});

Deno.test("TcpSession takes the server name from a handshake that was ours", async () => {
  const setup = tcpListener(null);
  named(setup);
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
