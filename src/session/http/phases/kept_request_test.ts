import assert from "node:assert/strict";
import { FakeDownstream } from "../../../../tests/support/session/relay_ends.ts";
import { latin1 } from "../../../../tests/support/session/wire.ts";
import { BodyEnd } from "../body.ts";
import { KEPT_BODY_BYTES, KeptRequest } from "./kept_request.ts";

/** Reads what there is until the body ends. */
async function readAll({ body }: KeptRequest): Promise<string> {
  let text = "";
  for (let piece = await body.next(); piece !== null; piece = await body.next()) {
    text += latin1(piece);
    body.taken(piece.length);
  }
  return text;
}

Deno.test("KeptRequest hands its body out again from the start, and gives credit for each byte once", async () => {
  const down = new FakeDownstream();
  const kept = new KeptRequest(down);
  down.body.feed("one", "two", BodyEnd.COMPLETE);
  assert.equal(await readAll(kept), "onetwo");
  assert.deepEqual([kept.whole, kept.body.ended], [true, BodyEnd.COMPLETE]);
  await kept.rewind();
  assert.equal(kept.body.ended, BodyEnd.OPEN);
  assert.equal(await readAll(kept), "onetwo");
  assert.deepEqual([down.body.handedOut, down.body.credit], [6, 6]);
});

Deno.test("KeptRequest stops who reads it, and loses nothing of what comes meanwhile", async () => {
  const down = new FakeDownstream();
  const kept = new KeptRequest(down);
  down.body.feed("one");
  assert.equal(latin1(await kept.body.next() as Uint8Array), "one");
  kept.body.taken(3);
  const upload = kept.body.next().then((piece) => {
    assert.deepEqual([piece, kept.body.ended], [null, BodyEnd.CUT]);
    return false;
  });
  kept.uploading(upload);
  await kept.rewind();
  down.body.feed("two", BodyEnd.COMPLETE);
  assert.equal(await readAll(kept), "onetwo");
});

Deno.test("KeptRequest is not at its end while a piece is on its way out of the source", async () => {
  let ended: BodyEnd = BodyEnd.OPEN;
  const source = {
    get ended() {
      return ended;
    },
    next: () => {
      ended = BodyEnd.COMPLETE;
      return Promise.resolve(new TextEncoder().encode("last"));
    },
    taken: () => {},
    trailers: null,
  };
  const kept = new KeptRequest(Object.assign(new FakeDownstream(), { body: source }));
  kept.uploading(kept.body.next().then((piece) => piece !== null));
  await kept.rewind();
  assert.equal(kept.body.ended, BodyEnd.OPEN);
  assert.equal(latin1(await kept.body.next() as Uint8Array), "last");
  assert.equal(kept.body.ended, BodyEnd.COMPLETE);
});

Deno.test("KeptRequest keeps a body that comes byte by byte in one piece", async () => {
  const down = new FakeDownstream();
  const kept = new KeptRequest(down);
  const text = "0123456789".repeat(100);
  for (const byte of text) down.body.feed(byte);
  for (let i = 0; i < text.length; i++) {
    const piece = await kept.body.next() as Uint8Array;
    assert.equal(latin1(piece), text[i]);
    kept.body.taken(1);
  }
  await kept.rewind();
  assert.equal(latin1(await kept.body.next() as Uint8Array), text);
  down.body.feed(new Error("lost"));
  await assert.rejects(kept.body.next(), /lost/);
});

Deno.test("KeptRequest hears of a sender that is lost while nobody reads", async () => {
  const down = new FakeDownstream();
  const kept = new KeptRequest(down);
  kept.uploading(kept.body.next().then((piece) => piece !== null));
  await kept.rewind();
  down.body.feed(new Error("lost"));
  await new Promise((resolve) => setTimeout(resolve, 1));
  await assert.rejects(kept.body.next(), /lost/);
});

Deno.test("KeptRequest keeps so much and no more, and then hands pieces out as they come", async () => {
  const down = new FakeDownstream();
  const kept = new KeptRequest(down);
  const large = "x".repeat(KEPT_BODY_BYTES);
  down.body.feed(large, "y", BodyEnd.COMPLETE);
  assert.equal((await kept.body.next())?.length, large.length);
  kept.body.taken(large.length);
  assert.ok(kept.whole);
  assert.equal((await kept.body.next())?.length, 1);
  assert.ok(!kept.whole);
  assert.equal(down.body.credit, large.length);
  kept.body.taken(1);
  assert.equal(down.body.credit, large.length + 1);
  assert.equal(await kept.body.next(), null);
});

Deno.test("KeptRequest tells of an upload that is refused only when it is not made again", async () => {
  const down = new FakeDownstream();
  const kept = new KeptRequest(down);
  kept.uploadRefused();
  assert.ok(!down.refused);
  await kept.rewind();
  kept.settle();
  assert.ok(!down.refused);
  kept.uploadRefused();
  kept.settle();
  assert.ok(down.refused);
});
