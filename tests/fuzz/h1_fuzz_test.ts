// Damaged requests and responses through the HTTP/1.1 core for about two seconds. Every run has a seed
// of its own, which is told by a failure; SOZU_SEED=N replays it, and takes longer so that a slower
// machine gets as far.

import assert from "node:assert/strict";
import { assertCanonicalBody, assertUnambiguous } from "../conformance/forwarded_request.ts";
import { SMUGGLING_CORPUS } from "../conformance/smuggling_corpus.ts";
import { latin1Bytes, readingOf } from "../support/h1_reading.ts";
import { relayRequest } from "../support/h1_relay.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { BodyReader } from "../../src/protocol/h1/body_reader.ts";
import { ReadStatus } from "../../src/protocol/h1/field_reader.ts";
import { requestHeadReader, responseHeadReader } from "../../src/protocol/h1/head_reader.ts";
import { writeResponseHead, writtenHeadBound } from "../../src/protocol/h1/head_writer.ts";
import { Field } from "../../src/protocol/http/message_head.ts";
import { mutate, type Pick } from "./mutate.ts";

const FUZZ_MS = 1_000;
const REPLAY_MS = 5_000;
const LONGEST_SEED_TEXT = 2_000;
const LONGEST_INPUT = 6_000;
/** Bytes around an input, where nothing may be read or written. */
const MARGIN = 32;
/** What the margins hold: bytes that complete, break or prolong whatever ends there. */
const MARGINS: readonly string[] = ["\r\n", "A", "0", "\x00", ": x\r\n\r\n"];

const RESPONSES: readonly string[] = [
  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n3\r\nabc\r\n0\r\nx: 1\r\n\r\n",
  "HTTP/1.0 404 Not Found\r\nConnection: close\r\nX:1 \r\n\r\nuntil the end",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\nContent-Length: 3\r\n\r\n",
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n\x81\x00",
  'HTTP/1.1 200\r\nTransfer-Encoding:\tchunked \r\nX: \xc3\xa9\r\n\r\n3 ;a="b"\r\nabc\r\n0;c\r\n\r\n',
  "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
  'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n',
];

const REQUESTS: readonly string[] = SMUGGLING_CORPUS.map(({ raw }) => raw)
  .filter((raw) => raw.length <= LONGEST_SEED_TEXT);

/** The seed that the environment asks for, or null. */
function seedToReplay(): number | null {
  const given = Deno.env.get("SOZU_SEED");
  return given === undefined ? null : Number(given);
}

/** Where a delivery of `length` bytes pauses; ascending, ends with `length`. */
function endsOf(length: number, pick: Pick): number[] {
  const ends = [length];
  for (let count = pick(6); count > 0; count--) ends.push(pick(length + 1));
  return ends.sort((a, b) => a - b);
}

/** A copy of the input between margins that hold `filler`. */
function framed(input: Uint8Array, filler: string): { all: Uint8Array; view: Uint8Array } {
  const margin = latin1Bytes(filler.repeat(MARGIN).slice(0, MARGIN));
  const all = new Uint8Array(input.length + 2 * MARGIN);
  all.set(margin);
  all.set(input, MARGIN);
  all.set(margin, MARGIN + input.length);
  return { all, view: all.subarray(MARGIN) };
}

/** Runs `check` with fresh inputs until the time is over; a failure tells how to replay it. */
function fuzz(texts: readonly string[], check: (input: Uint8Array, pick: Pick) => void): number {
  const wanted = seedToReplay();
  const seed = wanted ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const random = seededRandom(seed);
  const pick: Pick = (limit) => Math.floor(random() * limit);
  const until = performance.now() + (wanted === null ? FUZZ_MS : REPLAY_MS);
  let runs = 0;
  for (; performance.now() < until; runs++) {
    const text = texts[pick(texts.length)] as string;
    const other = texts[pick(texts.length)] as string;
    const input = latin1Bytes(mutate(text, other, pick).slice(0, LONGEST_INPUT));
    try {
      check(input, pick);
    } catch (error) {
      const shown = JSON.stringify(String.fromCharCode(...input));
      throw new Error(`SOZU_SEED=${seed}, run ${runs}, input ${shown}`, { cause: error });
    }
  }
  return runs;
}

/** Lowest heap size of each half of the samples: garbage comes and goes, what is kept stays. */
function assertFlat(samples: readonly number[]): void {
  const half = samples.length >> 1;
  const before = Math.min(...samples.slice(0, half));
  const after = Math.min(...samples.slice(half));
  assert.ok(after < before + 8 * 1024 * 1024, `the heap grew from ${before} to ${after} bytes`);
}

Deno.test("the core takes damaged requests alike however they arrive, and forwards none in two readings", () => {
  const reader = requestHeadReader();
  const body = new BodyReader();
  const heap: number[] = [];
  let accepted = 0;
  let run = 0;
  const runs = fuzz(REQUESTS, (input, pick) => {
    if (run++ % 100 === 0) heap.push(Deno.memoryUsage().heapUsed);
    const ends = endsOf(input.length, pick);
    const expected = relayRequest(input, [input.length]);
    const { all, view } = framed(input, MARGINS[pick(MARGINS.length)] as string);
    const untouched = all.slice();
    assert.deepEqual(relayRequest(view, ends, { reader, body }), expected);
    assert.deepEqual(all, untouched);
    if (expected.forwarded === "") return;
    accepted++;
    assert.ok(expected.consumed <= input.length);
    assertUnambiguous(expected);
    assertCanonicalBody(expected);
  });
  assert.ok(runs > 100 && accepted > runs / 100, `${accepted} of ${runs} inputs had a good head`);
  assert.ok(reader.head.fields.length < 4000 * Field.STRIDE);
  assertFlat(heap);
});

Deno.test("the core takes damaged responses alike however they arrive, and passes none on in two readings", () => {
  let accepted = 0;
  const runs = fuzz(RESPONSES, (input, pick) => {
    const toHead = pick(4) === 0;
    const whole = relayResponse(input, [input.length], toHead);
    const { all, view } = framed(input, MARGINS[pick(MARGINS.length)] as string);
    const untouched = all.slice();
    assert.deepEqual(relayResponse(view, endsOf(input.length, pick), toHead), whole);
    assert.deepEqual(all, untouched);
    if (whole.reading.status !== ReadStatus.DONE) return;
    accepted++;
    assert.ok(whole.consumed <= input.length);
    const reread = relayResponse(whole.written, [whole.written.length], toHead).reading;
    assert.equal(reread.status, ReadStatus.DONE);
    // A status line that lacks the space behind its code gets one.
    const start = whole.reading.start.replace(/^(HTTP.{4} \d{3})\r/, "$1 \r");
    assert.deepEqual(
      [reread.start, reread.framing, reread.contentLength],
      [start, whole.reading.framing, whole.reading.contentLength],
    );
  });
  assert.ok(runs > 100 && accepted > runs / 100, `${accepted} of ${runs} inputs had a good head`);
});

/** Reads a response, writes its head as it is passed on, and follows its body. */
function relayResponse(bytes: Uint8Array, ends: readonly number[], toHead: boolean) {
  const reader = responseHeadReader();
  reader.head.toHead = toHead;
  reader.begin(bytes, 0);
  let step = 0;
  let status: ReadStatus = ReadStatus.MORE;
  while (step < ends.length && status === ReadStatus.MORE) {
    status = reader.read(ends[step++] as number);
  }
  const reading = readingOf(reader, status);
  if (status !== ReadStatus.DONE) {
    return { reading, written: new Uint8Array(0), consumed: 0, problem: reader.problem };
  }
  const out = new Uint8Array(writtenHeadBound(reader.head) + 2);
  const end = writeResponseHead(reader.head, out, 0);
  out.set([0x0d, 0x0a], end);
  const body = new BodyReader();
  body.begin(reader.head);
  let at = reader.head.end;
  for (let i = step - 1; i < ends.length; i++) at = body.follow(bytes, at, ends[i] as number);
  return { reading, written: out.slice(0, end + 2), consumed: at, problem: body.problem };
}
