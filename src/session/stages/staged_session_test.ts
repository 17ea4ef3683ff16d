import assert from "node:assert/strict";
import { FakeStream } from "../../../tests/support/session/fake_stream.ts";
import { testWorkerContext } from "../../../tests/support/session/worker_context.ts";
import type { Accepted } from "../../io/contracts.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import type { OnSessionEnd, Session, SessionStarter } from "../session.ts";
import { SessionSet } from "../session_set.ts";
import { type Stage, StagedSession } from "./staged_session.ts";
import { NOWHERE } from "../placed_set.ts";
import { Ending } from "../upstream/session_target.ts";

const PEER = { ip: "192.0.2.1", port: 1 };
const TIMEOUT_MS = 1_000;

function accepted(stream = new FakeStream()): Accepted & { stream: FakeStream } {
  return { stream, peer: PEER, destination: null, tls: null };
}

/** The protocol behind the stages: a session that ends when it is closed or has to leave. */
class Inner implements Session, SessionStarter {
  place = NOWHERE;
  lastActive = 99;
  started: Accepted | null = null;
  hasBuffers = true;
  drained = false;
  readonly #over = Promise.withResolvers<void>();

  start(it: Accepted, _onEnd: OnSessionEnd): Session | null {
    if (!this.hasBuffers) return null;
    this.started = it;
    return this;
  }

  run(): Promise<void> {
    return this.#over.promise;
  }

  drain(): void {
    this.drained = true;
  }

  endFor(): Ending {
    return Ending.CLOSED;
  }

  leaveIdle(): boolean {
    this.#over.resolve();
    return true;
  }

  close(): void {
    this.started?.stream.close();
    this.#over.resolve();
  }
}

function setUp(stages: readonly Stage[], maxConnections = 10) {
  const worker = testWorkerContext(maxConnections);
  const inner = new Inner();
  const sessions = new SessionSet(worker, {
    maxConnections,
    evicts: false,
    queueTimeout: 60_000,
    zombieInterval: 0,
  });
  const starter: SessionStarter = {
    start: (it, onEnd) => new StagedSession(it, stages, inner, worker, TIMEOUT_MS, onEnd),
  };
  return { worker, inner, sessions, starter };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const hangs: Stage = { enter: () => new Promise(() => {}) };

/** A stage that waits for its stream, as one on a real socket does. */
const reads: Stage = {
  enter: async (it) => await it.stream.read(new Uint8Array(1)) === 0 ? null : it,
};

Deno.test("StagedSession passes what the stages made of the connection on", async () => {
  const [outer, other] = [accepted(), accepted()];
  const renamed = { ...other, peer: { ip: "198.51.100.7", port: 7 } };
  const { inner, sessions, starter } = setUp([
    { enter: (it) => Promise.resolve(it === outer ? other : null) },
    { enter: (it) => Promise.resolve(it === other ? renamed : null) },
  ]);
  sessions.admit(outer, starter);
  await settle();
  assert.equal(inner.started, renamed);
  assert.equal(sessions.size, 1);
  await sessions.drain();
  assert.ok(inner.drained);
  assert.equal(sessions.size, 0);
});

Deno.test("StagedSession counts as a connection while it waits, and is cut at its deadline", async () => {
  const { worker, sessions, starter } = setUp([reads], 2);
  const clients = [accepted(), accepted(), accepted()];
  for (const client of clients) sessions.admit(client, starter);
  assert.deepEqual(clients.map(({ stream }) => stream.closed), [false, false, true]);
  assert.equal(worker.counters.get(Counter.REFUSED), 1);
  worker.wheel.advance(TIMEOUT_MS - 200);
  assert.equal(sessions.size, 2);
  worker.wheel.advance(TIMEOUT_MS + 100);
  await settle();
  assert.equal(sessions.size, 0);
  assert.ok(clients.every(({ stream }) => stream.closed));
  assert.equal(worker.counters.get(Counter.TIMEOUTS), 2);
});

Deno.test("StagedSession ends when a stage refuses, fails, or no buffer is left", async () => {
  for (const outcome of ["refuses", "fails", "no buffer"]) {
    const stage: Stage = {
      enter: (it) =>
        outcome === "fails"
          ? Promise.reject(new Error("broken"))
          : Promise.resolve(outcome === "refuses" ? null : it),
    };
    const { inner, sessions, starter } = setUp([stage]);
    inner.hasBuffers = false;
    const client = accepted();
    sessions.admit(client, starter);
    await settle();
    assert.equal(sessions.size, 0, outcome);
    assert.ok(client.stream.closed, outcome);
    assert.equal(inner.started, null);
  }
});

Deno.test("StagedSession gets a moment for its stages in a drain, and is cut after it", async () => {
  const { inner, sessions, starter, worker } = setUp([reads]);
  const client = accepted();
  sessions.admit(client, starter);
  let over = false;
  const drained = sessions.drain().then(() => over = true);
  // A goodbye to the idle ones, then the second look.
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.ok(!over && !client.stream.closed);
  worker.wheel.advance(1_200);
  await drained;
  assert.ok(client.stream.closed);
  assert.equal(inner.started, null);
});

Deno.test("StagedSession does not start a protocol that a stage hands on too late", async () => {
  const late = Promise.withResolvers<Accepted | null>();
  const { inner, sessions, starter } = setUp([{ enter: () => late.promise }]);
  sessions.admit(accepted(), starter);
  sessions.closeAll();
  const inside = accepted();
  late.resolve(inside);
  await settle();
  assert.equal(inner.started, null);
  assert.ok(inside.stream.closed);
  assert.equal(sessions.size, 0);
});

Deno.test("StagedSession is as active as the protocol inside it", async () => {
  const { inner, worker } = setUp([]);
  const waiting = new StagedSession(accepted(), [hangs], inner, worker, TIMEOUT_MS, () => {});
  assert.equal(waiting.lastActive, 0);
  const running = new StagedSession(accepted(), [], inner, worker, TIMEOUT_MS, () => {});
  void running.run();
  await settle();
  assert.equal(running.lastActive, 99);
  running.close();
});
