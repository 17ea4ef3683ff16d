import assert from "node:assert/strict";
import { BULK_BUFFER_BYTES } from "../../../../../config/defaults.ts";
import { exchangeOf } from "../../../../../tests/support/session/exchanges.ts";
import { FakeStream } from "../../../../../tests/support/session/fake_stream.ts";
import { testWorkerContext } from "../../../../../tests/support/session/worker_context.ts";
import { payloadRoom } from "../../../../protocol/h2/frames/frame.ts";
import type { Cluster } from "../../../cluster.ts";
import type { Upstream } from "../../../upstream/upstream.ts";
import { pickBackend } from "../../phases/connect.ts";
import { matchRoute } from "../../phases/match.ts";
import { HeadEnd } from "../../upstream.ts";
import { H1Upstream } from "./upstream.ts";

/** A relay whose backend has answered with the head of a body of `length` bytes. */
async function setUp(length: number) {
  const stream = new FakeStream();
  const worker = testWorkerContext(10, { connect: () => Promise.resolve(stream) });
  const exchange = exchangeOf("GET / HTTP/1.1\r\nHost: a.test", { worker });
  assert.equal(matchRoute(exchange), 0);
  const backend = pickBackend(exchange, exchange.cluster as Cluster);
  assert.ok(backend !== null);
  const { signal } = new AbortController();
  const connection = await worker.upstreams.dial(exchange.cluster as Cluster, backend, signal);
  const up = new H1Upstream(exchange, connection as Upstream, { arm: () => {} });
  stream.feed(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
  assert.equal(await up.receiveHead(), HeadEnd.READ);
  return { stream, up, headBytes: (connection as Upstream).bytes.length };
}

Deno.test("H1Upstream reads so much of a body at a time as fits into an output with its frames", async () => {
  const length = 1_000_000;
  const { stream, up, headBytes } = await setUp(length);
  stream.feed("x".repeat(length));
  const pieces: number[] = [];
  for (let bytes = await up.body.next(); bytes !== null; bytes = await up.body.next()) {
    pieces.push(bytes.length);
    up.body.taken(bytes.length);
  }
  assert.equal(pieces.reduce((sum, piece) => sum + piece), length);
  // The first one lies in the buffer of the head, the last one is what is left.
  assert.equal(pieces[0], payloadRoom(headBytes));
  assert.ok(pieces.length > 10);
  for (const piece of pieces.slice(1, -1)) assert.equal(piece, payloadRoom(BULK_BUFFER_BYTES));
});
