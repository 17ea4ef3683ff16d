import assert from "node:assert/strict";
import { FakeStream } from "../../../tests/support/session/fake_stream.ts";
import { PEER, tcpCluster, tcpListener } from "../../../tests/support/session/tcp_sessions.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { DEFAULT_SETTINGS } from "../cluster.ts";
import { Reason } from "../reason.ts";
import { Outcome } from "../traffic_account.ts";

Deno.test("TcpSession connects before the client speaks and passes bytes both ways", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  backend.feed("welcome");
  await waitFor("the greeting", () => stream.written === "welcome");
  stream.feed("hello");
  await waitFor("the request", () => backend.written === "hello");
  assert.equal(setup.count(Counter.TCP_TUNNELS), 1);
  stream.feed(null);
  backend.feed(null);
  await running;
  assert.ok(stream.closed && backend.closed);
  assert.equal(setup.ended.length, 1);
  assert.equal(setup.lent(), 0);
  assert.equal(setup.count(Counter.TCP_TUNNELS), 0);
  assert.equal(setup.count(Counter.TCP_SESSIONS), 1);
  assert.equal(setup.count(Counter.BYTES_IN), 5);
  assert.equal(setup.count(Counter.BYTES_OUT), 7);
});

Deno.test("TcpSession passes the end of the client on and still delivers the answer", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  stream.feed("question");
  stream.feed(null);
  await waitFor("the end to arrive", () => backend.writeEnded);
  assert.equal(backend.written, "question");
  assert.ok(!stream.closed && !backend.closed);
  backend.feed("answer");
  backend.feed(null);
  await running;
  assert.equal(stream.written, "answer");
  assert.ok(stream.writeEnded);
});

Deno.test("TcpSession passes the end of the backend on and still delivers what the client says", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  backend.feed("all there is");
  backend.feed(null);
  await waitFor("the end to arrive", () => stream.writeEnded);
  stream.feed("noted");
  await waitFor("the rest to arrive", () => backend.written === "noted");
  stream.feed(null);
  await running;
  assert.ok(backend.writeEnded);
});

Deno.test("TcpSession writes everything however little a write takes", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  stream.writeLimit = backend.writeLimit = 3;
  const text = "0123456789".repeat(20_000);
  stream.feed(text);
  backend.feed(text);
  stream.feed(null);
  backend.feed(null);
  await running;
  assert.equal(backend.written, text);
  assert.equal(stream.written, text);
  assert.equal(setup.lent(), 0);
});

Deno.test("TcpSession uses large buffers while they are filled and small ones otherwise", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, session } = setup.open();
  const backend = await setup.backend();
  const { bulk } = setup.worker.tunnelBuffers;
  stream.feed("x".repeat(200_000));
  backend.feed("x".repeat(200_000));
  await waitFor("the bulk", () => stream.written.length + backend.written.length === 400_000);
  stream.feed("x");
  backend.feed("x");
  await waitFor("a little", () => stream.written.length + backend.written.length === 400_002);
  await waitFor("both to wait", () => stream.reading && backend.reading);
  assert.equal(bulk.lent, 0);
  session.close();
});

Deno.test("TcpSession delivers what came before a backend broke, then ends the stream", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  backend.feed("part");
  await waitFor("the part", () => stream.written === "part" && backend.reading);
  backend.close();
  await waitFor("the end", () => stream.writeEnded);
  assert.ok(!stream.closed, "an end of stream, not a reset");
  stream.feed("too late");
  stream.feed(null);
  await running;
  assert.equal(backend.written, "");
  assert.ok(stream.closed);
});

Deno.test("TcpSession cuts the backend when the client breaks", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  await waitFor("both to wait", () => stream.reading && backend.reading);
  stream.close();
  await running;
  assert.ok(backend.closed);
  assert.equal(setup.lent(), 0);
});

Deno.test("TcpSession tells of the end of a tunnel before its client has lingered", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  await waitFor("both to wait", () => stream.reading && backend.reading);
  backend.close();
  await waitFor("the end", () => stream.writeEnded);
  assert.ok(!stream.closed);
  const outcomes = () => setup.observed.accounts.map(({ outcome }) => outcome);
  assert.deepEqual(outcomes(), [Outcome.BACKEND_BROKEN]);
  assert.equal(setup.count(Counter.TCP_TUNNELS), 0);
  stream.feed(null);
  await running;
  assert.deepEqual(outcomes(), [Outcome.BACKEND_BROKEN]);
});

Deno.test("TcpSession ends when neither side spoke for the shorter of the two timeouts", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  await waitFor("both to wait", () => stream.reading && backend.reading);
  const { wheel } = setup.worker;
  wheel.advance(29_000);
  backend.feed("x");
  await waitFor("a byte", () => stream.written === "x");
  wheel.advance(58_000);
  assert.ok(!stream.closed, "a byte from either side keeps both");
  wheel.advance(59_200);
  await running;
  assert.ok(stream.closed && backend.closed);
  assert.equal(setup.count(Counter.TIMEOUTS), 1);
});

Deno.test("TcpSession does not let its timeout be moved by writes that take nothing", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, running } = setup.open();
  const backend = await setup.backend();
  const blocked = Promise.withResolvers<number>();
  stream.write = () => blocked.promise;
  stream.close = () => {
    stream.closed = true;
    blocked.reject(new Error("closed"));
  };
  backend.feed("x".repeat(10));
  await waitFor("the write", () => !backend.reading);
  setup.worker.wheel.advance(30_200);
  await waitFor("the end", () => stream.closed && backend.closed);
  stream.feed(null);
  await running;
});

Deno.test("TcpSession tries other backends while none has taken the connection", async () => {
  const hosts: string[] = [];
  const last = new FakeStream();
  const setup = tcpListener(tcpCluster("db", 4), (host) => {
    hosts.push(host);
    return hosts.length < 3 ? Promise.reject(new Error("refused")) : Promise.resolve(last);
  });
  const { stream, session } = setup.open();
  last.feed("here");
  await waitFor("the greeting", () => stream.written === "here");
  assert.equal(new Set(hosts).size, 3);
  assert.equal(setup.observed.refused.length, 2);
  session.close();
});

Deno.test("TcpSession gives up after five attempts and ends the stream without a byte", async () => {
  const db = tcpCluster("db", 7);
  let attempts = 0;
  const setup = tcpListener(db, () => {
    attempts++;
    return Promise.reject(new Error("refused"));
  });
  const { stream, running } = setup.open();
  stream.feed("anyone?");
  await waitFor("the end", () => stream.writeEnded);
  assert.ok(!stream.closed);
  assert.equal(setup.observed.accounts.length, 1, "told while the client lingers");
  stream.feed(null);
  await running;
  assert.equal(attempts, 5);
  assert.equal(stream.written, "");
  assert.equal(setup.observed.refused.length, 5);
  const [account] = setup.observed.accounts;
  assert.deepEqual([account?.attempts, account?.reason], [5, Reason.CONNECT_FAILED]);
  assert.equal(db.backends.members.filter(({ retry }) => retry.tries > 0).length, 5);
  assert.ok(db.backends.members.every(({ activeConnections }) => activeConnections === 0));
});

Deno.test("TcpSession tries as many connections as its worker allows", async () => {
  let attempts = 0;
  const setup = tcpListener(tcpCluster("db", 5), () => {
    attempts++;
    return Promise.reject(new Error("refused"));
  });
  setup.worker.upstreams.attempts = 4;
  const { stream, running } = setup.open();
  stream.feed("anyone?");
  await waitFor("the end", () => stream.writeEnded);
  stream.feed(null);
  await running;
  assert.equal(attempts, 4);
});

Deno.test("TcpSession ends without a byte where there is no cluster or no backend", async () => {
  for (const fallback of [null, tcpCluster("empty", 0)]) {
    const setup = tcpListener(fallback);
    const { stream, running } = setup.open();
    await waitFor("the end", () => stream.writeEnded);
    setup.worker.wheel.advance(1_200);
    await running;
    assert.equal(stream.written, "");
    assert.equal(setup.lent(), 0);
  }
});

Deno.test("TcpSession lets other backends have their time when connecting to one takes too long", async () => {
  const db = tcpCluster("db", 2);
  db.settings = { ...db.settings, maxConnectionAttempts: 2 };
  const hosts: string[] = [];
  const setup = tcpListener(db, (host, signal) => {
    hosts.push(host);
    return new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  });
  const { stream, running } = setup.open();
  await waitFor("the first attempt", () => hosts.length === 1);
  setup.worker.wheel.advance(2_900);
  assert.deepEqual(db.backends.members.map(({ retry }) => retry.tries), [0, 0]);
  setup.worker.wheel.advance(3_200);
  await waitFor("the second attempt", () => hosts.length === 2);
  assert.ok(!stream.writeEnded);
  setup.worker.wheel.advance(6_400);
  await waitFor("the end", () => stream.writeEnded);
  assert.equal(new Set(hosts).size, 2);
  assert.deepEqual(db.backends.members.map(({ retry }) => retry.tries), [1, 1]);
  assert.equal(setup.observed.accounts[0]?.reason, Reason.CONNECT_FAILED);
  stream.feed(null);
  await running;
});

Deno.test("TcpSession whose connect cannot be ended ends itself", async () => {
  const setup = tcpListener(tcpCluster("db"), () => new Promise(() => {}));
  const { stream } = setup.open();
  await new Promise((resolve) => setTimeout(resolve, 0));
  setup.worker.wheel.advance(3_200);
  assert.ok(!stream.closed);
  setup.worker.wheel.advance(6_400);
  assert.ok(stream.closed);
});

Deno.test("TcpSession takes the number of attempts of its cluster before that of its worker", async () => {
  let attempts = 0;
  const db = tcpCluster("db", 5);
  db.settings = { ...db.settings, maxConnectionAttempts: 2 };
  const setup = tcpListener(db, () => {
    attempts++;
    return Promise.reject(new Error("refused"));
  });
  const { stream, running } = setup.open();
  await waitFor("the end", () => stream.writeEnded);
  stream.feed(null);
  await running;
  assert.equal(attempts, 2);
});

Deno.test("TcpSession refuses a second connection of one address over the limit, backend untouched", async () => {
  const db = tcpCluster("db");
  db.settings = { ...DEFAULT_SETTINGS, maxConnectionsPerIp: 1 };
  const setup = tcpListener(db);
  const first = setup.open();
  await setup.backend();
  const second = setup.open({ peer: { ...PEER, port: 9001 } });
  await waitFor("the end", () => second.stream.writeEnded);
  assert.equal(second.stream.written, "");
  second.stream.feed(null);
  await second.running;
  assert.equal(setup.dialled.length, 1);
  assert.equal(setup.count(Counter.CLIENT_LIMITED), 1);
  first.session.close();
  await first.running;
  const third = setup.open();
  await setup.backend(1);
  third.session.close();
});

Deno.test("TcpSession goes on when the worker drains, until it is closed", async () => {
  const setup = tcpListener(tcpCluster("db"));
  const { stream, session, running } = setup.open();
  const backend = await setup.backend();
  session.drain();
  assert.equal(session.leaveIdle(), false);
  assert.ok(!stream.closed && !backend.closed);
  session.close();
  await running;
  assert.ok(stream.closed && backend.closed);
  assert.equal(session.leaveIdle(), true);
});
