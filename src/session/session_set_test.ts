import assert from "node:assert/strict";
import { FakeStream } from "../../tests/support/session/fake_stream.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { testWorkerContext } from "../../tests/support/session/worker_context.ts";
import type { Accepted } from "../io/contracts.ts";
import { Counter } from "../observe/metrics/counters.ts";
import type { OnSessionEnd, Session, SessionStarter } from "./session.ts";
import { type Admission, leastActive, SessionSet } from "./session_set.ts";
import { NOWHERE } from "./placed_set.ts";
import { Ending } from "./upstream/session_target.ts";

const QUEUE_TIMEOUT_MS = 5_000;

/** A connection whose session goes on until the test, or the set, ends it. */
class Client implements Session {
  place = NOWHERE;
  lastActive = 0;
  closed = false;
  started = false;
  drained = false;
  /** Nothing of its is under way. */
  idle = true;
  readonly said: string[] = [];
  readonly stream = new FakeStream();
  /** Resolves by itself when the session is closed, unless it takes its time to leave. */
  lingers = false;
  readonly #over = Promise.withResolvers<void>();
  #onEnd: OnSessionEnd = () => {};

  get accepted(): Accepted & { readonly client: Client } {
    const peer = { ip: "192.0.2.1", port: 1 };
    return { stream: this.stream, peer, destination: null, tls: null, client: this };
  }

  begin(onEnd: OnSessionEnd): this {
    this.started = true;
    this.#onEnd = onEnd;
    return this;
  }

  async run(): Promise<void> {
    await this.#over.promise;
    this.#onEnd(this);
  }

  drain(): void {
    this.drained = true;
  }

  endFor(): Ending {
    return this.idle ? Ending.CLOSED : Ending.DRAINING;
  }

  leaveIdle(): boolean {
    if (this.idle) this.said.push("goodbye");
    return this.idle;
  }

  close(): void {
    this.closed = true;
    if (!this.lingers) this.end();
  }

  end(): void {
    this.#over.resolve();
  }
}

function setUp(admission: Partial<Admission> = {}) {
  const worker = testWorkerContext(admission.maxConnections);
  const sessions = new SessionSet(worker, {
    maxConnections: 2,
    evicts: false,
    queueTimeout: QUEUE_TIMEOUT_MS,
    zombieInterval: 0,
    ...admission,
  });
  const buffers = { free: true };
  const starter: SessionStarter = {
    start: (it, onEnd) => buffers.free ? (it as Client["accepted"]).client.begin(onEnd) : null,
  };
  const admit = (client = new Client()) => {
    sessions.admit(client.accepted, starter);
    return client;
  };
  const count = (counter: number) => worker.counters.get(counter);
  /** Moves the clock and lets the set look at it. */
  const at = (now: number) => {
    worker.wheel.advance(now);
    sessions.tick();
  };
  return { worker, sessions, buffers, admit, count, at };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("leastActive() takes the oldest, all of them when there are fewer", () => {
  const members = [3, 1, 2].map((lastActive) => ({ lastActive }));
  assert.deepEqual(leastActive(members, 2).map((it) => it.lastActive), [1, 2]);
  assert.equal(leastActive(members, 9).length, 3);
});

Deno.test("SessionSet refuses at once beyond its limit, and counts who and how long", async () => {
  const { sessions, admit, count } = setUp();
  const [first, second, third] = [admit(), admit(), admit()];
  assert.deepEqual([first.started, second.started, third.started], [true, true, false]);
  assert.ok(third.stream.closed);
  assert.equal(count(Counter.ACCEPTED), 3);
  assert.equal(count(Counter.REFUSED), 1);
  assert.equal(count(Counter.BACKPRESSURE), 1);
  sessions.everySecond();
  first.end();
  await settle();
  assert.equal(count(Counter.BACKPRESSURE), 1, "one of two places is 50 %, relief is below 1");
  second.end();
  await settle();
  assert.equal(count(Counter.BACKPRESSURE), 0);
  sessions.everySecond();
  assert.equal(count(Counter.SATURATED_SECONDS), 1);
  assert.ok(admit().started);
});

Deno.test("SessionSet counts from which networks clients come, the refused ones too", () => {
  const { worker, admit } = setUp();
  for (let i = 0; i < 3; i++) admit();
  const sources = worker.counters.entries().filter(({ name }) => name.includes("per_source"));
  assert.deepEqual(sources.map(({ value }) => value), [3]);
});

Deno.test("SessionSet has relief below nine tenths of its places, rounded down", async () => {
  const { admit, count } = setUp({ maxConnections: 15 });
  const clients = Array.from({ length: 16 }, () => admit());
  for (const [left, pressure] of [[14, 1], [13, 1], [12, 0]] as const) {
    clients[left]?.end();
    await settle();
    assert.equal(count(Counter.BACKPRESSURE), pressure, `${left} left`);
  }
});

Deno.test("SessionSet evicts the least active, and who came waits until one has gone", async () => {
  const { sessions, admit, count } = setUp({ evicts: true });
  const [idle, busy] = [admit(), admit()];
  [idle.lastActive, busy.lastActive, idle.lingers] = [1, 2, true];
  const third = admit();
  assert.deepEqual([idle.closed, busy.closed, third.started], [true, false, false]);
  assert.equal(count(Counter.ACCEPT_QUEUE), 1);
  assert.equal(sessions.size, 2);
  idle.end();
  await settle();
  assert.ok(third.started);
  assert.ok(!busy.closed);
  assert.equal(count(Counter.EVICTED), 1);
  assert.equal(count(Counter.ACCEPT_QUEUE), 0);
  assert.equal(count(Counter.REFUSED), 0);
});

Deno.test("SessionSet never serves more than its limit, however many come in one moment", async () => {
  const { sessions, admit, count } = setUp({ maxConnections: 4, evicts: true });
  const old = Array.from({ length: 4 }, () => admit());
  for (const client of old) client.lingers = true;
  const fresh = Array.from({ length: 6 }, () => admit());
  assert.ok(old.every(({ closed }) => closed), "each is evicted");
  assert.equal(count(Counter.EVICTED), 4, "once");
  assert.equal(count(Counter.REFUSED), 2, "there was nobody left to evict for these");
  assert.equal(sessions.size, 4);
  for (const client of old) client.end();
  await settle();
  assert.equal(sessions.size, 4);
  assert.equal(fresh.filter(({ started }) => started).length, 4);
});

Deno.test("SessionSet evicts one in a hundred connections at a time", () => {
  const { admit, count } = setUp({ maxConnections: 300, evicts: true });
  for (let i = 0; i < 300; i++) admit();
  admit();
  assert.equal(count(Counter.EVICTED), 3);
});

Deno.test("SessionSet serves the newest of those who wait first", async () => {
  const { sessions, buffers, admit } = setUp({ maxConnections: 3 });
  const first = admit();
  buffers.free = false;
  const [older, newer] = [admit(), admit()];
  assert.ok(!older.started && !newer.started && !older.stream.closed);
  const refused = admit();
  assert.ok(refused.stream.closed, "those who wait have places of their own");
  buffers.free = true;
  first.lingers = true;
  sessions.tick();
  assert.deepEqual([older.started, newer.started], [true, true]);
  assert.equal(sessions.size, 3);
  await settle();
});

Deno.test("SessionSet closes who has waited longer than the queue's timeout", () => {
  const { buffers, admit, count, at } = setUp({ maxConnections: 3 });
  buffers.free = false;
  const older = admit();
  at(1_000);
  const newer = admit();
  at(QUEUE_TIMEOUT_MS);
  assert.ok(!older.stream.closed);
  at(QUEUE_TIMEOUT_MS + 100);
  assert.deepEqual([older.stream.closed, newer.stream.closed], [true, false]);
  assert.equal(count(Counter.ACCEPT_QUEUE_TIMEOUT), 1);
  assert.equal(count(Counter.ACCEPT_QUEUE), 1);
  buffers.free = true;
  at(QUEUE_TIMEOUT_MS + 200);
  assert.deepEqual([older.started, newer.started], [false, true]);
});

Deno.test("SessionSet closes sessions in which nothing has happened for the zombie interval", async () => {
  const { sessions, admit, count, at } = setUp({ maxConnections: 3, zombieInterval: 3_000 });
  const [dead, alive] = [admit(), admit()];
  dead.lastActive = alive.lastActive = 1;
  at(2_900);
  sessions.everySecond();
  assert.equal(count(Counter.ZOMBIES), 0);
  at(4_000);
  alive.lastActive = 3_500;
  sessions.everySecond();
  await settle();
  assert.deepEqual([dead.closed, alive.closed], [true, false]);
  assert.equal(count(Counter.ZOMBIES), 1);
  assert.equal(sessions.size, 1);
});

Deno.test("SessionSet dismisses those who wait when it is cut", async () => {
  const { sessions, buffers, admit, count } = setUp();
  const served = admit();
  buffers.free = false;
  const waiting = admit();
  sessions.closeAll();
  await settle();
  assert.deepEqual([served.closed, waiting.stream.closed], [true, true]);
  assert.equal(count(Counter.ACCEPT_QUEUE), 0);
  assert.equal(sessions.size, 0);
});

Deno.test("SessionSet serves those who wait, and those who come late, while it drains", async () => {
  const { worker, sessions, buffers, admit, at } = setUp({ maxConnections: 3 });
  worker.draining = true;
  const busy = admit();
  busy.idle = false;
  buffers.free = false;
  const waiting = admit();
  waiting.idle = false;
  let over = false;
  const drained = sessions.drain().then(() => over = true);
  assert.ok(busy.drained);
  const late = admit();
  buffers.free = true;
  at(100);
  assert.deepEqual([waiting.started, late.started], [true, true]);
  for (const client of [busy, waiting, late]) {
    assert.equal(over, false);
    client.end();
    await settle();
  }
  await drained;
});

Deno.test("SessionSet says goodbye to idle clients of a drain, and cuts them when no others are left", async () => {
  for (const others of [true, false]) {
    const { sessions, admit } = setUp();
    const idle = admit();
    const busy = admit();
    busy.idle = false;
    const drained = sessions.drain();
    assert.deepEqual(idle.said, []);
    if (!others) busy.end();
    await waitFor("both looks at the idle client", () => idle.said.length >= 2);
    await settle();
    assert.equal(idle.closed, !others, "a client that others wait with may take its time");
    busy.end();
    idle.end();
    await drained;
  }
});

Deno.test("SessionSet evicts nobody while its worker drains", () => {
  const { worker, admit, count } = setUp({ evicts: true });
  const [first, second] = [admit(), admit()];
  worker.draining = true;
  const third = admit();
  assert.deepEqual([first.closed, second.closed, third.stream.closed], [false, false, true]);
  assert.equal(count(Counter.EVICTED), 0);
  assert.equal(count(Counter.REFUSED), 1);
});
