import assert from "node:assert/strict";
import { REMOVED_BACKEND_DRAIN_MS, UPSTREAM_IDLE_MS } from "../../../../config/defaults.ts";
import {
  data,
  type Frame,
  framesIn,
  goaway,
  headers,
  ping,
  settings,
  SETTINGS_ACK,
} from "../../../../tests/support/h2/frames.ts";
import { describe } from "../../../../tests/support/h2/frames.ts";
import { requestHead } from "../../../../tests/support/h2/heads.ts";
import { FakeStream } from "../../../../tests/support/session/fake_stream.ts";
import { testWorkerContext } from "../../../../tests/support/session/worker_context.ts";
import { fromLatin1, latin1 } from "../../../../tests/support/session/wire.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import { type BackendAddress, parseBackendAddress } from "../../../balancing/backend.ts";
import { BackendSet } from "../../../balancing/backend_set.ts";
import { FrameFlag } from "../../../protocol/h2/frames/frame.ts";
import { EndReason } from "../../../protocol/h2/connection/events.ts";
import { MAGIC } from "../../../protocol/h2/connection/preface.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import { MessageHead } from "../../../protocol/http/message_head.ts";
import { Cluster } from "../../cluster.ts";
import { createHttp2 } from "../../http/h2/http2.ts";
import { MAX_SHARED_UPSTREAMS_PER_BACKEND, PING_AFTER_MS, PING_TIMEOUT_MS } from "./limits.ts";
import type { StreamOwner } from "./stream_owner.ts";
import type { StreamSlot } from "./stream_slot.ts";

const CONNECT_MS = 2_000;
const NO_BYTES = new Uint8Array(0);
const REASONS = Object.keys(EndReason);

/** Notes what it is told. */
class Notes implements StreamOwner {
  readonly told: string[] = [];
  stream: H2Stream<StreamOwner> | null = null;
  space = () => ({ head: new MessageHead(NO_BYTES), bytes: NO_BYTES, at: 0 });
  interim = ({ status }: MessageHead) => void this.told.push(`interim ${status}`);
  head = ({ status }: MessageHead, ends: boolean) =>
    void this.told.push(`head ${status}${ends ? " end" : ""}`);
  data = (_: Uint8Array, start: number, end: number, ends: boolean) =>
    void this.told.push(`data ${end - start}${ends ? " end" : ""}`);
  trailers = () => void this.told.push("trailers");
  sent = () => void this.told.push("sent");
  malformed = () => void this.told.push("malformed");
  ended = (reason: EndReason, code: number) =>
    void this.told.push(`ended ${REASONS[reason]} ${code}`);
}

function setUp() {
  const streams: FakeStream[] = [];
  const dials: { signal: AbortSignal; refuse: (error: unknown) => void }[] = [];
  let holds = false;
  const worker = testWorkerContext(10, {
    connect: (_host: string, _port: number, signal: AbortSignal) => {
      const { promise, resolve, reject } = Promise.withResolvers<FakeStream>();
      dials.push({ signal, refuse: reject });
      signal.addEventListener("abort", () => reject(signal.reason));
      const stream = new FakeStream();
      streams.push(stream);
      if (!holds) resolve(stream);
      return promise;
    },
  });
  const cluster = new Cluster("app", new BackendSet(() => 0));
  const address = parseBackendAddress("127.0.0.1:80") as BackendAddress;
  const config = { id: "b", address, stickyId: null, weight: null, backup: false };
  const backend = cluster.backends.add(config, 0);
  const pool = createHttp2(worker).upstreams;
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  return {
    worker,
    cluster,
    backend,
    pool,
    streams,
    dials,
    hold: () => holds = true,
    turn,
    stream: (index = 0) => streams[index] as FakeStream,
    wait: (signal = new AbortController().signal, fresh = false) =>
      pool.wait(cluster, backend, fresh, CONNECT_MS, signal),
    pass: async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 100) {
        worker.wheel.advance(worker.wheel.now + 100);
        await turn();
      }
    },
  };
}

/** Lets the backend send these frames. */
function feed(stream: FakeStream, ...frames: Uint8Array[]): void {
  for (const bytes of frames) stream.feed(latin1(bytes));
}

/** What was written to the backend behind the preface, in short. */
function written(stream: FakeStream): string[] {
  return framesWritten(stream).map(describe);
}

function framesWritten({ written }: FakeStream): Frame[] {
  return written === "" ? [] : framesIn(fromLatin1(written).slice(MAGIC.length));
}

/** Opens the stream of a place with a GET. */
function ask(slot: StreamSlot): Notes {
  const owner = new Notes();
  const head = requestHead("GET", "/", "a.test", []);
  owner.stream = slot.open(owner, head, "http", NO_BYTES, 0, true, false);
  return owner;
}

/** A pool with one settled connection, of which nothing is used. */
async function settled(...values: [number, number][]) {
  const set = setUp();
  const waiting = set.wait();
  await set.turn();
  feed(set.stream(), settings(...values), SETTINGS_ACK);
  (await waiting).discard();
  await set.turn();
  return set;
}

const answer = (id: number) => headers(id, [[":status", "200"]]);

Deno.test("A connection begins with its preface, and carries nothing before the backend's SETTINGS", async () => {
  const set = setUp();
  let slot: StreamSlot | null = null;
  const waiting = set.wait().then((it) => slot = it);
  await waitFor("the preface", () => set.stream().written !== "");
  assert.deepEqual(written(set.stream()), ["SETTINGS"]);
  assert.equal(slot, null);
  assert.equal(set.pool.take(set.backend, false), null);
  feed(set.stream(), settings(), SETTINGS_ACK);
  const owner = ask(await waiting);
  await set.turn();
  assert.deepEqual(written(set.stream()).slice(1), [
    "SETTINGS ack",
    "WINDOW_UPDATE 0 16711681",
    "HEADERS 1 end",
  ]);
  feed(set.stream(), answer(1));
  await set.turn();
  assert.deepEqual(owner.told, ["head 200 end"]);
  assert.equal(set.backend.activeConnections, 1);
});

Deno.test("Those who come while a connection is opened wait for it, up to what its backend allows", async () => {
  const set = setUp();
  const waiting = [1, 2, 3].map(() => set.wait());
  await set.turn();
  assert.equal(set.streams.length, 1);
  feed(set.stream(), settings([3, 1]), SETTINGS_ACK);
  const first = ask(await (waiting[0] as Promise<StreamSlot>));
  await set.turn();
  assert.equal(set.streams.length, 3, "one more for each that has no room");
  for (const index of [1, 2]) feed(set.stream(index), settings([3, 1]), SETTINGS_ACK);
  for (const slot of await Promise.all(waiting.slice(1))) ask(slot);
  assert.equal(set.pool.take(set.backend, false), null);
  feed(set.stream(), answer(1));
  await set.turn();
  assert.deepEqual(first.told, ["head 200 end"]);
  const again = set.pool.take(set.backend, false);
  assert.ok(again !== null && again.reused);
  again.discard();
});

Deno.test("Those who wait are given the room that others leave, in turn", async () => {
  const set = await settled([3, 1]);
  const first = set.pool.take(set.backend, false);
  assert.ok(first !== null);
  ask(first);
  set.hold();
  const order: number[] = [];
  const waiting = [1, 2].map((number) => set.wait().then((slot) => (order.push(number), slot)));
  await set.turn();
  feed(set.stream(), answer(1));
  ask(await (waiting[0] as Promise<StreamSlot>));
  feed(set.stream(), answer(3));
  await waiting[1];
  assert.deepEqual(order, [1, 2]);
});

Deno.test("A request takes the connection with the fewest streams", async () => {
  const set = await settled([3, 2]);
  const slots = [await set.wait(), await set.wait()];
  for (const slot of slots) ask(slot);
  const third = set.wait();
  await set.turn();
  feed(set.stream(1), settings([3, 2]), SETTINGS_ACK);
  ask(await third);
  feed(set.stream(0), answer(1), answer(3));
  await set.turn();
  const next = set.pool.take(set.backend, false);
  assert.equal(next?.connection, slots[0]?.connection);
});

Deno.test("There are only so many connections to a backend", async () => {
  const set = setUp();
  const most = MAX_SHARED_UPSTREAMS_PER_BACKEND;
  const waiting = Array.from({ length: most + 5 }, () => set.wait());
  await set.turn();
  for (let index = 0; index < set.streams.length; index++) {
    feed(set.stream(index), settings([3, 1]), SETTINGS_ACK);
    await set.turn();
  }
  await Promise.all(waiting.slice(0, most));
  assert.equal(set.streams.length, most);
  assert.equal(set.backend.activeConnections, most);
});

Deno.test("A connection that cannot be opened fails all who wait for it, and its backend once", async () => {
  const set = setUp();
  set.hold();
  const waiting = [1, 2, 3].map(() => assert.rejects(set.wait(), /refused/));
  await set.turn();
  set.dials[0]?.refuse(new Error("refused"));
  await Promise.all(waiting);
  assert.equal(set.backend.retry.tries, 1);
  assert.equal(set.backend.activeConnections, 0);
  assert.equal(set.pool.openCount, 0);
});

Deno.test("Neither connecting nor the backend's SETTINGS are waited for longer than that", async () => {
  for (const connects of [true, false]) {
    const set = setUp();
    if (!connects) set.hold();
    const waiting = assert.rejects(set.wait());
    await set.pass(CONNECT_MS + 200);
    await waiting;
    assert.equal(set.backend.retry.tries, 1);
    if (connects) assert.ok(set.stream().closed);
    else assert.ok(set.dials[0]?.signal.aborted);
  }
});

Deno.test("Who no longer waits is given nothing", async () => {
  const set = setUp();
  const leaving = new AbortController();
  const waiting = assert.rejects(set.wait(leaving.signal));
  await set.turn();
  leaving.abort();
  await waiting;
  feed(set.stream(), settings(), SETTINGS_ACK);
  await set.turn();
  const slot = set.pool.take(set.backend, false);
  assert.equal(slot?.connection.users, 1);
});

Deno.test("An idle connection is asked for a sign of life, and closed for want of one", async () => {
  const set = await settled();
  await set.pass(PING_AFTER_MS + 200);
  assert.equal(written(set.stream()).at(-1), "PING");
  feed(set.stream(), ping("sozuping", FrameFlag.ACK));
  await set.pass(PING_TIMEOUT_MS + 200);
  assert.ok(!set.stream().closed);
  await set.pass(PING_AFTER_MS - PING_TIMEOUT_MS + 200);
  assert.equal(written(set.stream()).filter((text) => text === "PING").length, 2);
  await set.pass(PING_TIMEOUT_MS + 200);
  assert.ok(set.stream().closed);
  assert.equal(set.backend.activeConnections, 0);
});

Deno.test("An idle connection is closed after a while, with a word", async () => {
  const set = await settled();
  for (let passed = 0; passed < UPSTREAM_IDLE_MS + 200; passed += 1_000) {
    feed(set.stream(), ping("sozuping", FrameFlag.ACK));
    await set.pass(1_000);
  }
  assert.equal(written(set.stream()).at(-1), "GOAWAY 0 0");
  assert.ok(set.stream().closed);
  assert.equal(set.pool.openCount, 0);
});

Deno.test("How long a connection is idle is counted from its last use", async () => {
  const set = await settled();
  for (let id = 1; id < 8; id += 2) {
    await set.pass(UPSTREAM_IDLE_MS / 3);
    ask(await set.wait());
    feed(set.stream(), answer(id), ping("sozuping", FrameFlag.ACK));
  }
  assert.equal(set.streams.length, 1);
  assert.ok(!set.stream().closed);
});

Deno.test("A connection whose request was given up is used again once it has answered", async () => {
  const set = await settled();
  const slot = await set.wait();
  const lost = ask(slot);
  const kept = ask(await set.wait());
  await set.pass(1_000);
  const { connection } = slot;
  if (lost.stream !== null) connection.reset(lost.stream, 8);
  connection.doubt();
  assert.equal(set.pool.take(set.backend, false), null);
  await set.turn();
  assert.deepEqual(written(set.stream()).slice(-2), ["RST_STREAM 1 8", "PING"]);
  feed(set.stream(), ping("sozuping", FrameFlag.ACK));
  await set.turn();
  set.pool.take(set.backend, false)?.discard();
  connection.doubt();
  await set.pass(100);
  connection.doubt();
  await set.pass(PING_TIMEOUT_MS + 200);
  assert.ok(set.stream().closed);
  assert.deepEqual(kept.told, ["ended LOST 8"]);
});

Deno.test("A removed backend keeps its streams for a while, and no longer", async () => {
  const set = await settled();
  const owner = ask(await set.wait());
  set.cluster.backends.remove("b", "127.0.0.1:80");
  set.pool.retire(set.backend);
  assert.equal(set.pool.take(set.backend, false), null);
  await assert.rejects(set.wait());
  feed(set.stream(), headers(1, [[":status", "200"]], false), data(1, 5));
  await set.turn();
  assert.deepEqual(owner.told, ["head 200", "data 5"]);
  for (let passed = 0; passed < REMOVED_BACKEND_DRAIN_MS; passed += 50_000) {
    set.worker.wheel.advance(set.worker.wheel.now + 50_100);
  }
  assert.ok(set.stream().closed);
  assert.equal(owner.told.at(-1), "ended LOST 8");
  assert.equal(set.backend.status, "closed");
});

Deno.test("A draining pool keeps what is used, and closes what is not", async () => {
  const set = await settled();
  const owner = ask(await set.wait());
  set.pool.close();
  await set.turn();
  assert.ok(!set.stream().closed);
  feed(set.stream(), answer(1));
  await waitFor("the connection to close", () => set.stream().closed);
  assert.deepEqual(owner.told, ["head 200 end"]);
  const late = await Promise.all([set.wait(), set.turn().then(() => feedNew(set.stream(1)))]);
  late[0].discard();
  await waitFor("the next one to close", () => set.stream(1).closed);
});

function feedNew(stream: FakeStream): void {
  feed(stream, settings(), SETTINGS_ACK);
}

Deno.test("GOAWAY makes room for another connection", async () => {
  const set = await settled([3, 1]);
  const owner = ask(await set.wait());
  feed(set.stream(), goaway(1, 0));
  await set.turn();
  const waiting = set.wait();
  await set.turn();
  assert.equal(set.streams.length, 2);
  feedNew(set.stream(1));
  ask(await waiting);
  feed(set.stream(), answer(1));
  await waitFor("the old one to close", () => set.stream(0).closed);
  assert.deepEqual(owner.told, ["head 200 end"]);
  assert.equal(set.pool.openCount, 1);
});

Deno.test("Only a connection that has carried nothing will do for a request whose last one proved dead", async () => {
  const set = await settled();
  ask(await set.wait());
  feed(set.stream(), answer(1));
  await set.turn();
  assert.equal(set.pool.take(set.backend, true), null);
  const waiting = set.wait(undefined, true);
  await set.turn();
  feedNew(set.stream(1));
  const slot = await waiting;
  assert.ok(!slot.reused);
});
