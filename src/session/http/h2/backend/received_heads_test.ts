import assert from "node:assert/strict";
import { asciiBytes } from "../../../../bytes/ascii.ts";
import { ReadStatus } from "../../../../protocol/h1/field_reader.ts";
import { responseHeadReader } from "../../../../protocol/h1/head_reader.ts";
import { MessageHead } from "../../../../protocol/http/message_head.ts";
import { HeadEnd } from "../../upstream.ts";
import { ReceivedHeads } from "./received_heads.ts";

/** Lets a head with this status come. */
function come(heads: ReceivedHeads, status: number): boolean {
  const space = heads.space();
  if (space === null) return false;
  const bytes = asciiBytes(`HTTP/1.1 ${status} X\r\nA: ${status}\r\n\r\n`);
  const reader = responseHeadReader(space.head);
  reader.begin(bytes, 0);
  assert.equal(reader.read(bytes.length), ReadStatus.DONE);
  heads.push(space.head);
  return true;
}

Deno.test("ReceivedHeads shows the heads in their order, whenever they come", async () => {
  const head = new MessageHead(new Uint8Array(0));
  const heads = new ReceivedHeads(head);
  for (const status of [100, 103, 200]) assert.ok(come(heads, status));
  for (const status of [100, 103, 200]) {
    assert.equal(await heads.next(), HeadEnd.READ);
    assert.equal(head.status, status);
    assert.equal(head.count, 1);
  }
  const waiting = heads.next();
  come(heads, 204);
  assert.equal(await waiting, HeadEnd.READ);
  assert.equal(head.status, 204);
});

Deno.test("ReceivedHeads does not touch a head that is being passed on", async () => {
  const head = new MessageHead(new Uint8Array(0));
  const heads = new ReceivedHeads(head);
  const waiting = heads.next();
  come(heads, 103);
  await waiting;
  come(heads, 200);
  assert.equal(head.status, 103);
  assert.equal(await heads.next(), HeadEnd.READ);
  assert.equal(head.status, 200);
});

Deno.test("ReceivedHeads tells why no more come, behind those that came", async () => {
  const head = new MessageHead(new Uint8Array(0));
  const heads = new ReceivedHeads(head);
  come(heads, 103);
  heads.fail(HeadEnd.CUT);
  heads.fail(HeadEnd.LOST);
  assert.equal(await heads.next(), HeadEnd.READ);
  assert.equal(await heads.next(), HeadEnd.CUT);
  const others = new ReceivedHeads(head);
  const waiting = others.next();
  others.fail(HeadEnd.LOST);
  assert.equal(await waiting, HeadEnd.LOST);
});

Deno.test("ReceivedHeads lets only so many wait", () => {
  const heads = new ReceivedHeads(new MessageHead(new Uint8Array(0)));
  let taken = 0;
  while (taken < 100 && come(heads, 103)) taken++;
  assert.ok(taken > 2 && taken < 20);
});
