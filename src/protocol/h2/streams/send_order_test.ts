import assert from "node:assert/strict";
import { SendOrder } from "./send_order.ts";

interface Stream {
  readonly id: number;
  readonly priority: number;
}

function stream(id: number, urgency: number, incremental = false): Stream {
  return { id, priority: urgency * 2 + (incremental ? 1 : 0) };
}

/** The ids of the streams that send the next `count` frames, each with more to send. */
function turns(order: SendOrder<Stream>, count: number): number[] {
  return Array.from({ length: count }, () => {
    const next = order.next();
    assert.ok(next !== null);
    order.sent(next);
    return next.id;
  });
}

Deno.test("SendOrder lets the most urgent stream send, the oldest of equals", () => {
  const order = new SendOrder<Stream>();
  const streams = [stream(5, 3), stream(3, 3), stream(1, 6), stream(7, 0)];
  for (const it of streams) order.add(it);
  assert.deepEqual(turns(order, 2), [7, 7]);
  order.remove(streams[3] as Stream);
  assert.deepEqual(turns(order, 2), [3, 3]);
  assert.equal(order.size, 3);
});

Deno.test("SendOrder lets incremental streams take turns, behind those that are not", () => {
  const order = new SendOrder<Stream>();
  const whole = stream(9, 3);
  for (const id of [1, 3, 5]) order.add(stream(id, 3, true));
  order.add(whole);
  assert.deepEqual(turns(order, 2), [9, 9]);
  order.remove(whole);
  assert.deepEqual(turns(order, 7), [1, 3, 5, 1, 3, 5, 1]);
  assert.equal(order.incrementalCount, 3);
});

Deno.test("SendOrder keeps the turns of each urgency apart", () => {
  const order = new SendOrder<Stream>();
  const urgent = [stream(1, 1, true), stream(3, 1, true)];
  for (const it of [...urgent, stream(5, 4, true), stream(7, 4, true)]) order.add(it);
  assert.deepEqual(turns(order, 1), [1]);
  for (const it of urgent) order.remove(it);
  assert.deepEqual(turns(order, 1), [5]);
  for (const it of urgent) order.add(it);
  assert.deepEqual(turns(order, 3), [1, 3, 1]);
  for (const it of urgent) order.remove(it);
  assert.deepEqual(turns(order, 2), [7, 5]);
});

Deno.test("SendOrder goes on when the stream whose turn it is leaves, and when a stranger does", () => {
  const order = new SendOrder<Stream>();
  const [a, b] = [stream(1, 3, true), stream(3, 3, true)];
  order.add(a);
  order.add(b);
  order.remove(a);
  order.remove(a);
  assert.deepEqual([order.next(), order.size], [b, 1]);
  order.remove(b);
  assert.deepEqual([order.next(), order.size], [null, 0]);
});
