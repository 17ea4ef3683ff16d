import { DEFAULT_MAX_CONNECTION_ATTEMPTS } from "../../../../config/defaults.ts";
import assert from "node:assert/strict";
import { exchangeOf } from "../../../../tests/support/session/exchanges.ts";
import { FakeStream } from "../../../../tests/support/session/fake_stream.ts";
import { shopListener } from "../../../../tests/support/session/http_sessions.ts";
import { testWorkerContext } from "../../../../tests/support/session/worker_context.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import type { ByteStream } from "../../../io/contracts.ts";
import type { Cluster } from "../../cluster.ts";
import { Reason } from "../../reason.ts";
import { ExchangePhase, Interruption } from "../exchange.ts";
import { openConnection } from "../side.ts";
import { openUpstream, pickBackend } from "./connect.ts";
import { failureStatus } from "./failure.ts";
import { matchRoute } from "./match.ts";
import { beginServing, endServing, mayRepeat, mayRepeatStale } from "./serve.ts";
import { Fate } from "../upstream.ts";

type Connect = (signal: AbortSignal) => Promise<ByteStream>;

/** A request that has its cluster and looks for a backend, which is dialled by the test. */
function setUp(connect: Connect, listener = shopListener()) {
  const dialled: string[] = [];
  const dialer = {
    connect: (host: string, _port: number, signal: AbortSignal) => {
      dialled.push(host);
      return connect(signal);
    },
  };
  const worker = testWorkerContext(10, dialer);
  const exchange = exchangeOf("GET / HTTP/1.1\r\nHost: a.test", { listener, worker });
  assert.equal(matchRoute(exchange), 0);
  const armed: number[] = [];
  const timer = { arm: (delay: number) => void armed.push(delay) };
  return { exchange, cluster: exchange.cluster as Cluster, worker, timer, armed, dialled };
}

const refused: Connect = () => Promise.reject(new Error("refused"));

Deno.test("openUpstream() connects to the backend that was picked, within the connect timeout", async () => {
  const { exchange, cluster, timer, armed } = setUp(() => Promise.resolve(new FakeStream()));
  const picked = pickBackend(exchange, cluster);
  const opened = await openUpstream(exchange, timer, cluster);
  assert.ok(typeof opened !== "number");
  assert.equal(opened.backend, picked);
  assert.deepEqual(armed, [exchange.client.listener.timeouts.connect]);
  assert.equal(exchange.phase, ExchangePhase.CONNECTING);
  assert.equal(exchange.account.attempts, 1);
});

Deno.test("openUpstream() tries others while attempts are left, then gives up with a reason", async () => {
  const { exchange, cluster, timer, dialled } = setUp(refused);
  pickBackend(exchange, cluster);
  assert.equal(await openUpstream(exchange, timer, cluster), 503);
  assert.equal(exchange.account.reason, Reason.CONNECT_FAILED);
  assert.ok(dialled.length >= 1 && dialled.length <= DEFAULT_MAX_CONNECTION_ATTEMPTS);
  assert.equal(cluster.backends.get("shop-1", "192.0.2.9:80")?.activeConnections, 0);
});

Deno.test("openUpstream() says that there is no backend", async () => {
  const { exchange, cluster, timer, dialled } = setUp(refused);
  cluster.backends.remove("shop-1", "192.0.2.9:80");
  pickBackend(exchange, cluster);
  assert.equal(await openUpstream(exchange, timer, cluster), 503);
  assert.equal(exchange.account.reason, Reason.NO_BACKEND);
  assert.deepEqual(dialled, []);
});

Deno.test("openUpstream() ends when it is interrupted, and keeps no connection", async () => {
  for (const why of [Interruption.TIMEOUT, Interruption.CLIENT_GONE] as const) {
    const dialling = Promise.withResolvers<ByteStream>();
    const { exchange, cluster, timer } = setUp(() => dialling.promise);
    pickBackend(exchange, cluster);
    const opening = openUpstream(exchange, timer, cluster);
    await waitFor("the connect", () => exchange.connecting !== null);
    exchange.interruption = why;
    exchange.connecting?.abort();
    const stream = new FakeStream();
    dialling.resolve(stream);
    assert.equal(await opening, why === Interruption.TIMEOUT ? 504 : 503);
    assert.ok(stream.closed);
    assert.equal(exchange.connecting, null);
  }
});

Deno.test("a connection that is there in the very moment of an interruption leaves nothing behind", async () => {
  for (const why of [Interruption.TIMEOUT, Interruption.CLIENT_GONE] as const) {
    for (let moment = 0; moment < 12; moment++) {
      const { exchange, cluster, timer, worker } = setUp(() => Promise.resolve(new FakeStream()));
      const backend = pickBackend(exchange, cluster);
      const opening = openConnection(exchange, timer, cluster);
      for (let i = 0; i < moment; i++) await Promise.resolve();
      exchange.interruption = why;
      exchange.connecting?.abort();
      const opened = await opening;
      // It was too late for that: whoever has the connection gives it up.
      if (typeof opened !== "number") opened.discard();
      assert.equal(worker.upstreams.buffers.head.lent, 0, `${moment}`);
      assert.equal(backend?.activeConnections, 0, `${moment}`);
    }
  }
});

Deno.test("pickBackend() takes the backend of the sticky cookie while the cluster is sticky", () => {
  const { exchange, cluster } = setUp(refused);
  const address = { text: "192.0.2.8:80", host: "192.0.2.8", port: 80 };
  cluster.backends.add({ id: "b", address, stickyId: "bb", weight: null, backup: false }, 0);
  exchange.ownExtras().stickyValue = "bb";
  cluster.settings = { ...cluster.settings, sticky: true };
  for (let i = 0; i < 3; i++) assert.equal(pickBackend(exchange, cluster)?.id, "b");
  exchange.ownExtras().stickyValue = "gone";
  assert.notEqual(pickBackend(exchange, cluster), null);
});

Deno.test("pickBackend() does not follow the sticky cookie to a backend that was tried in vain", () => {
  const { exchange, cluster } = setUp(refused);
  const address = { text: "192.0.2.8:80", host: "192.0.2.8", port: 80 };
  const config = { id: "b", address, stickyId: "bb", weight: null, backup: false };
  const named = cluster.backends.add(config, 0);
  exchange.ownExtras().stickyValue = "bb";
  cluster.settings = { ...cluster.settings, sticky: true };
  assert.equal(pickBackend(exchange, cluster), named);
  exchange.account.tried = [named];
  assert.equal(pickBackend(exchange, cluster)?.id, "shop-1");
});

Deno.test("beginServing() lets the request weigh on its backend until endServing()", () => {
  const { exchange, cluster } = setUp(refused);
  const backend = pickBackend(exchange, cluster);
  assert.ok(backend !== null);
  beginServing(exchange, backend);
  assert.equal(backend.activeRequests, 1);
  assert.deepEqual([exchange.serving, exchange.account.backend], [backend, backend]);
  assert.equal(exchange.phase, ExchangePhase.AWAITING);
  endServing(exchange);
  endServing(exchange);
  assert.equal(backend.activeRequests, 0);
});

Deno.test("mayRepeatStale() allows one repetition of what was lost with an idle connection", () => {
  const cases = [
    { reused: true, repeatable: true, interruption: Interruption.NONE, may: true },
    { reused: false, repeatable: true, interruption: Interruption.NONE, may: false },
    { reused: true, repeatable: false, interruption: Interruption.NONE, may: false },
    { reused: true, repeatable: true, interruption: Interruption.CLIENT_GONE, may: false },
  ];
  for (const { reused, repeatable, interruption, may } of cases) {
    const { exchange } = setUp(refused);
    exchange.repeatable = repeatable;
    exchange.interruption = interruption;
    assert.equal(mayRepeatStale(exchange, reused), may);
    assert.equal(mayRepeatStale(exchange, reused), false);
  }
});

Deno.test("mayRepeat() allows as many repetitions of what had no effect as there may be attempts", () => {
  const cases = [
    [Fate.UNSENT, true, true],
    [Fate.UNSENT, false, true],
    [Fate.UNPROCESSED, true, true],
    [Fate.REFUSED, true, true],
    [Fate.UNPROCESSED, false, false],
    [Fate.REFUSED, false, false],
    [Fate.UNKNOWN, true, false],
  ] as const;
  for (const [fate, whole, may] of cases) {
    const { exchange } = setUp(refused);
    const { attempts } = exchange.client.worker.upstreams;
    const side = { reused: false, fate };
    assert.equal(mayRepeat(exchange, side, whole), may, `${fate} ${whole}`);
    exchange.account.retries = attempts;
    assert.equal(mayRepeat(exchange, side, whole), false);
    exchange.account.retries = 0;
    exchange.interruption = Interruption.TIMEOUT;
    assert.equal(mayRepeat(exchange, side, whole), false);
  }
});

Deno.test("failureStatus() lets what interrupted a request decide the answer", () => {
  const cases = [
    [Interruption.NONE, false, 502, Reason.BACKEND_CLOSED],
    [Interruption.TIMEOUT, false, 504, Reason.CONNECT_TIMEOUT],
    [Interruption.TIMEOUT, true, 504, Reason.BACKEND_TIMEOUT],
    [Interruption.CLIENT_ERROR, true, 400, Reason.MALFORMED_BODY],
    [Interruption.SLOW_CLIENT, true, 408, Reason.CLIENT_TIMEOUT],
  ] as const;
  for (const [interruption, wasSent, status, reason] of cases) {
    const { exchange } = setUp(refused);
    exchange.interruption = interruption;
    exchange.account.sent = wasSent;
    assert.equal(failureStatus(exchange, 502, Reason.BACKEND_CLOSED), status);
    assert.equal(exchange.account.reason, reason);
  }
});
