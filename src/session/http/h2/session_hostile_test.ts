import assert from "node:assert/strict";
import {
  frame,
  headers,
  join,
  ping,
  preface,
  reset,
  SETTINGS_ACK,
} from "../../../../tests/support/h2/frames.ts";
import { httpSession } from "../../../../tests/support/session/http_sessions.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import { FrameType } from "../../../protocol/h2/frames/frame.ts";

const CANCEL = 8;
const PING_ACK = "\x00\x00\x08\x06\x01";
const GOAWAY = "\x00\x00\x08\x07\x00";
const LARGEST_LINGER_AFTER_ERROR = 2 ** 18;
const FRAME_BYTES = 4_000;
const LEAST_ROOM = 1_024;

/** A session of HTTP/2 whose preface has come. */
function begun() {
  const set = httpSession({}, undefined, 2);
  const feed = (...bytes: Uint8Array[]) => set.client.feed(String.fromCharCode(...join(...bytes)));
  feed(preface(), SETTINGS_ACK);
  return { ...set, feed };
}

const cancelled = (count: number) =>
  join(...Array.from(
    { length: count },
    (_, i) => join(headers(1 + 2 * i), reset(1 + 2 * i, CANCEL)),
  ));

Deno.test("A client that has us work in vain waits for its turn, and nobody else does", async () => {
  for (const [count, waits] of [[60, false], [70, true]] as const) {
    const { client, worker, feed, session, running } = begun();
    const turns: (() => void)[] = [];
    worker.slowLane.take = () => new Promise((go) => turns.push(go));
    feed(cancelled(count));
    await waitFor("the requests", () => client.reading);
    feed(ping());
    if (waits) {
      await waitFor("the lane", () => turns.length === 1);
      assert.ok(!client.written.includes(PING_ACK));
      turns[0]?.();
    }
    await waitFor("the answer", () => client.written.includes(PING_ACK));
    assert.equal(turns.length, Number(waits));
    session.close();
    await running;
  }
});

Deno.test("What a client still sends behind its error is read, and no more than a little", async () => {
  const { client, feed, running } = begun();
  feed(frame(FrameType.DATA, 0, 0, []));
  await waitFor("the last word", () => client.writeEnded);
  assert.ok(client.written.includes(GOAWAY));
  client.feed("x".repeat(LARGEST_LINGER_AFTER_ERROR));
  await waitFor("all of it read", () => client.reading);
  assert.ok(!client.closed);
  client.feed("x");
  await waitFor("the close", () => client.closed);
  await running;
});

Deno.test("However little of a frame is missing, it is read with room to spare", async () => {
  for (const missing of [1, 9, 500]) {
    const { client, feed, session, running } = begun();
    const fields: [string, string][] = [[":method", "POST"], [":scheme", "http"], [":path", "/"]];
    feed(headers(1, [...fields, [":authority", "a.test"]], false));
    const whole = frame(FrameType.DATA, 0, 1, new Array(FRAME_BYTES).fill(1));
    feed(whole.subarray(0, whole.length - missing));
    await waitFor("all of it read", () => client.reading);
    assert.ok(client.room >= LEAST_ROOM, `${client.room} bytes of room with ${missing} missing`);
    session.close();
    await running;
  }
});
