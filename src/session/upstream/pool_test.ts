import assert from "node:assert/strict";
import {
  MAX_IDLE_UPSTREAMS_PER_BACKEND,
  REMOVED_BACKEND_DRAIN_MS,
  UPSTREAM_IDLE_MS,
} from "../../../config/defaults.ts";
import { FakeStream } from "../../../tests/support/session/fake_stream.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { parseBackendAddress } from "../../balancing/backend.ts";
import type { BackendAddress } from "../../balancing/backend.ts";
import { BackendSet } from "../../balancing/backend_set.ts";
import { BufferPool } from "../../bytes/buffer_pool.ts";
import { Counters } from "../../observe/metrics/counters.ts";
import { Cluster } from "../cluster.ts";
import { DeadlineWheel } from "../timing/deadline_wheel.ts";
import type { Upstream } from "./upstream.ts";
import { UpstreamPool } from "./pool.ts";

function setUp(bufferLimit = 2000) {
  const streams: FakeStream[] = [];
  const dialer = {
    connect: () => {
      const stream = new FakeStream();
      streams.push(stream);
      return Promise.resolve(stream);
    },
  };
  const buffers = { head: new BufferPool(1024, bufferLimit), bulk: new BufferPool(4096, 10) };
  const wheel = new DeadlineWheel(0);
  const pool = new UpstreamPool(dialer, buffers, wheel, new Counters());
  const cluster = new Cluster("app", new BackendSet(() => 0));
  const address = parseBackendAddress("127.0.0.1:80") as BackendAddress;
  const backend = cluster.backends.add(
    { id: "b", address, stickyId: null, weight: null, backup: false },
    0,
  );
  const dial = async () =>
    (await pool.dial(cluster, backend, new AbortController().signal)) as Upstream;
  return { pool, cluster, backend, wheel, buffers, streams, dial };
}

Deno.test("UpstreamPool hands the newest idle connection out first", async () => {
  const { pool, backend, dial } = setUp();
  const [one, two] = [await dial(), await dial()];
  pool.give(one);
  pool.give(two);
  assert.equal(pool.take(backend), two);
  assert.equal(pool.take(backend), one);
  assert.equal(pool.take(backend), null);
  assert.ok(one.reused);
});

Deno.test("UpstreamPool drops an idle connection that ends or speaks unasked", async () => {
  for (const event of [null, "HTTP/1.1 200 OK\r\n"]) {
    const { pool, backend, dial, streams, buffers } = setUp();
    pool.give(await dial());
    (streams[0] as FakeStream).feed(event);
    await waitFor("the pool to notice", () => pool.idleCount === 0);
    assert.ok((streams[0] as FakeStream).closed);
    assert.equal(pool.take(backend), null);
    assert.equal(buffers.head.lent, 0);
    assert.equal(backend.activeConnections, 0);
  }
});

Deno.test("UpstreamPool hands the read of an idle connection on to its next exchange", async () => {
  const { pool, backend, dial, streams } = setUp();
  pool.give(await dial());
  const upstream = pool.take(backend) as Upstream;
  const reading = upstream.read(0);
  (streams[0] as FakeStream).feed("answer");
  assert.equal(await reading, 6);
  pool.give(upstream);
  assert.equal(pool.idleCount, 1);
});

Deno.test("UpstreamPool keeps no connection of a removed backend", async () => {
  const { pool, cluster, backend, dial, streams } = setUp();
  const [idle, busy] = [await dial(), await dial()];
  pool.give(idle);
  cluster.backends.remove("b", "127.0.0.1:80");
  pool.retire(backend);
  assert.ok((streams[0] as FakeStream).closed);
  pool.give(busy);
  assert.ok((streams[1] as FakeStream).closed);
  assert.equal(pool.idleCount, 0);
  assert.equal(backend.status, "closed");
});

Deno.test("UpstreamPool bounds the idle connections of a backend", async () => {
  const { pool, dial } = setUp();
  const all: Upstream[] = [];
  for (let i = 0; i < MAX_IDLE_UPSTREAMS_PER_BACKEND + 10; i++) all.push(await dial());
  for (const upstream of all) pool.give(upstream);
  assert.equal(pool.idleCount, MAX_IDLE_UPSTREAMS_PER_BACKEND);
});

Deno.test("UpstreamPool closes what has been idle for too long and keeps the rest", async () => {
  const { pool, wheel, dial, streams } = setUp();
  const [old, young] = [await dial(), await dial()];
  pool.give(old);
  wheel.advance(UPSTREAM_IDLE_MS - 1_000);
  pool.give(young);
  wheel.advance(UPSTREAM_IDLE_MS + 1);
  pool.sweep();
  assert.deepEqual(streams.map((it) => it.closed), [true, false]);
  assert.equal(pool.idleCount, 1);
});

Deno.test("UpstreamPool opens no connection it has no buffer for", async () => {
  const { pool, cluster, backend, streams, dial } = setUp(1);
  const first = await dial();
  assert.equal(await pool.dial(cluster, backend, new AbortController().signal), null);
  assert.ok((streams[1] as FakeStream).closed);
  assert.equal(backend.activeConnections, 1);
  first.discard();
  assert.ok(await dial());
});

Deno.test("Upstream gives a buffer back only after the read that fills it has settled", async () => {
  const { pool, backend, dial, streams, buffers } = setUp();
  pool.give(await dial());
  const upstream = pool.take(backend) as Upstream;
  upstream.discard();
  assert.equal(buffers.head.lent, 1);
  assert.ok((streams[0] as FakeStream).closed);
  await waitFor("the buffer to come back", () => buffers.head.lent === 0);
});

Deno.test("Upstream gives a buffer back once when a taken connection is interrupted", async () => {
  const { pool, backend, dial, buffers } = setUp();
  pool.give(await dial());
  const upstream = pool.take(backend) as Upstream;
  const reading = upstream.read(0);
  upstream.close();
  await reading.catch(() => {});
  upstream.discard();
  await Promise.resolve();
  assert.equal(buffers.head.lent, 0);
  assert.notEqual((await dial()).bytes, (await dial()).bytes);
});

Deno.test("UpstreamPool cuts what is in use with a removed backend when its time is over", async () => {
  const { pool, cluster, backend, wheel, dial, streams } = setUp();
  const other = cluster.backends.add(
    {
      id: "c",
      address: parseBackendAddress("127.0.0.1:81") as BackendAddress,
      stickyId: null,
      weight: null,
      backup: false,
    },
    0,
  );
  await dial();
  const finishing = await dial();
  await pool.dial(cluster, other, new AbortController().signal);
  cluster.backends.remove("b", "127.0.0.1:80");
  pool.retire(backend);
  pool.give(finishing);
  // The wheel looks at deadlines this far away several times before it is their turn.
  for (let now = 0; now < REMOVED_BACKEND_DRAIN_MS; now += 10_000) wheel.advance(now);
  assert.deepEqual(streams.map((it) => it.closed), [false, true, false]);
  wheel.advance(REMOVED_BACKEND_DRAIN_MS + 200);
  assert.deepEqual(streams.map((it) => it.closed), [true, true, false]);
  assert.equal(backend.status, "closed");
  assert.equal(backend.activeConnections, 0);
});

Deno.test("UpstreamPool gives a backend that comes back connections of its own", async () => {
  const { pool, cluster, backend, wheel, dial, streams } = setUp();
  await dial();
  cluster.backends.remove("b", "127.0.0.1:80");
  pool.retire(backend);
  const { id, address } = backend;
  const again = cluster.backends.add(
    { id, address, stickyId: null, weight: null, backup: false },
    0,
  );
  await pool.dial(cluster, again, new AbortController().signal);
  wheel.advance(REMOVED_BACKEND_DRAIN_MS + 200);
  assert.deepEqual(streams.map((it) => it.closed), [true, false]);
});

Deno.test("UpstreamPool keeps no connection once the worker stops, however late it is given back", async () => {
  const { pool, backend, dial, streams, buffers } = setUp();
  const [idle, busy] = [await dial(), await dial()];
  pool.give(idle);
  pool.close();
  pool.give(busy);
  await waitFor("the buffers", () => buffers.head.lent === 0);
  assert.deepEqual(streams.map(({ closed }) => closed), [true, true]);
  assert.deepEqual([pool.openCount, pool.idleCount, backend.activeConnections], [0, 0, 0]);
});
