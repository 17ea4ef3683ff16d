import assert from "node:assert/strict";
import { asciiText } from "../../../bytes/ascii.ts";
import { MessageHead } from "../../../protocol/http/message_head.ts";
import { StreamRoom } from "./stream_room.ts";

Deno.test("StreamRoom has room for so many requests, and none for a request while bodies fill it", () => {
  const room = new StreamRoom(2, 100);
  assert.ok(room.admit() && room.admit());
  assert.ok(!room.admit());
  room.leave(new Uint8Array(0));
  assert.ok(room.bodies.take(100));
  assert.ok(!room.admit());
  room.bodies.give(100);
  assert.ok(room.admit());
  assert.ok(!room.giveOut(new Uint8Array(5)));
  const out = room.takeOut();
  assert.ok(out !== null && room.giveOut(out));
  assert.ok(room.lines(100_000).length >= 100_000);
});

/** A head of `length` times the letter `fill` in the draft of `room`, or in `bytes`. */
function headIn(room: StreamRoom, length: number, fill: string, bytes = room.draft): MessageHead {
  const head = new MessageHead(bytes);
  bytes.fill(fill.charCodeAt(0), 0, length);
  head.end = length;
  return head;
}

const textOf = ({ bytes, start, end }: MessageHead) => asciiText(bytes, start, end);

Deno.test("StreamRoom keeps heads of any size apart, in buffers little larger than they are", () => {
  const room = new StreamRoom(100, 100);
  const sizes = [1, 256, 257, 900, 1_024, 1_500, 2_048, 2_049, 16_384];
  const letter = (i: number) => String.fromCharCode(0x61 + i);
  const kept = sizes.map((size, i) => {
    const head = headIn(room, size, letter(i));
    return { head, lent: room.keep(head) };
  });
  headIn(room, 16_384, "z");
  for (const [i, { head }] of kept.entries()) {
    assert.equal(textOf(head), letter(i).repeat(sizes[i] as number));
  }
  assert.deepEqual(
    kept.map(({ head }) => head.bytes.length),
    [256, 256, 512, 1_024, 1_024, 2_048, 2_048, 2_049, 16_384],
  );
  assert.deepEqual(kept.map(({ lent }) => lent.length).slice(-3), [2_048, 0, 0]);
  for (const { lent } of kept) room.leave(lent);
  const again = headIn(room, 1_000, "y");
  const lent = room.keep(again);
  assert.ok(kept.some((each) => each.lent === lent), "it is lent again");
});

Deno.test("StreamRoom leaves a head where it is that has a buffer of its own", () => {
  const room = new StreamRoom(100, 100);
  const own = new Uint8Array(20_000);
  const head = headIn(room, 20_000, "a", own);
  assert.equal(room.keep(head).length, 0);
  assert.equal(head.bytes, own);
});
