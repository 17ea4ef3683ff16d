// Hostile peers: arbitrary bytes, arbitrary frames, and damaged conversations, for about two seconds, against a
// server and a client. Nothing throws, nothing grows, and a connection that is over holds nothing. Every run
// has a seed of its own, which is told by a failure; SOZU_SEED=N replays it.

import assert from "node:assert/strict";
import { type Fields, GET, literals } from "../support/h2/blocks.ts";
import { Endpoint, OUTPUT_BYTES, type Stream } from "../support/h2/endpoint.ts";
import {
  data,
  frame,
  framesIn,
  goaway,
  headers,
  join,
  padded,
  ping,
  post,
  preface,
  priorityUpdate,
  reset,
  settings,
  SETTINGS_ACK,
  uint32,
  windowUpdate,
} from "../support/h2/frames.ts";
import { requestHead } from "../support/h2/heads.ts";
import { MAGIC } from "../../src/protocol/h2/connection/preface.ts";
import { Role } from "../../src/protocol/h2/connection/link.ts";
import { type SeededRandom, simulate } from "../simulation/seeded.ts";

const FUZZ_MS = 700;
/** What a connection says of its own accord. */
const OWN_BYTES = 4_096;
/** Bytes of answers for each byte that comes: a frame of nine bytes may cost a head and a reset. */
const AMPLIFICATION = 4;
const NO_LINES = new Uint8Array(0);

const ODD_FIELDS: Fields = [
  [":method", "POST"],
  [":path", "/"],
  [":status", "200"],
  [":status", "204"],
  ["content-length", "3"],
  ["te", "trailers"],
  ["X", "1"],
  ["connection", "close"],
  ["cookie", "a=1"],
  ["x", "\0"],
  ["", ""],
];

function fieldsOf(random: SeededRandom): Fields {
  const start = random.chance(0.6) ? GET : random.chance(0.5) ? [[":status", "200"] as const] : [];
  return [...start, ...Array.from({ length: random.below(4) }, () => random.pick(ODD_FIELDS))];
}

function randomBytes(random: SeededRandom, most: number): Uint8Array {
  return Uint8Array.from({ length: random.below(most) }, () => random.below(256));
}

/** A frame that is mostly what a peer might send, on a stream that mostly is there. */
function someFrame(random: SeededRandom): Uint8Array {
  const id = random.chance(0.05) ? random.below(2 ** 31) : random.below(20);
  const code = random.pick([0, 1, 7, 8, 0xdead]);
  switch (random.below(15)) {
    case 0:
      return headers(id, fieldsOf(random), random.chance(0.5));
    case 1:
      return headers(2 * random.below(200) + 1, GET, random.chance(0.7));
    case 2:
      return post(2 * random.below(200) + 1);
    case 3:
      return data(id, random.below(random.chance(0.1) ? 16_385 : 50), random.chance(0.3));
    case 4:
      return padded(id, random.below(50), random.below(50), random.chance(0.3));
    case 5:
      return reset(id, code);
    case 6:
      return windowUpdate(random.chance(0.5) ? 0 : id, random.pick([0, 1, 1000, 0x7fffffff]));
    case 7:
      return settings([random.below(10), random.pick([0, 1, 100, 16_384, 65_535, 2 ** 31])]);
    case 8:
      return ping("abcdefgh", random.below(2));
    case 9:
      return random.chance(0.2) ? goaway(id, code) : SETTINGS_ACK;
    case 10:
      return priorityUpdate(id, random.pick(["u=1", "i", "", "u=9,i=?0"]));
    case 11:
      return frame(2, 0, id, [...uint32(random.below(20)), 1]);
    case 12:
      return frame(1, random.below(256), id, literals(fieldsOf(random)));
    case 13:
      return frame(9, random.below(8), id, randomBytes(random, 30));
    default:
      return frame(random.below(20), random.below(256), id, randomBytes(random, 60));
  }
}

/** Damages a few bytes. */
function damaged(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = bytes.slice();
  for (let i = random.below(4); i > 0 && copy.length > 0; i--) {
    copy[random.below(copy.length)] = random.below(256);
  }
  return random.chance(0.2) ? copy.slice(0, random.below(copy.length + 1)) : copy;
}

/** An owner that answers, releases and resets as chance has it. */
class CarelessOwner {
  readonly endpoint: Endpoint;
  received = 0;
  sent = 0;
  readonly #random: SeededRandom;

  constructor(role: Role, random: SeededRandom) {
    this.#random = random;
    this.endpoint = new Endpoint({ role, limits: { maxConcurrentStreams: 20 } });
    this.endpoint.releases = random.chance(0.7);
    this.endpoint.onHead = (stream) => this.#act(stream);
    this.endpoint.onData = (stream) => this.#act(stream);
  }

  feed(bytes: Uint8Array): void {
    const { endpoint } = this;
    this.received += bytes.length;
    endpoint.feed(bytes);
    if (this.#random.chance(0.5)) this.write();
    endpoint.now += this.#random.below(50);
    if (endpoint.now >= endpoint.connection.deadlineMs) endpoint.connection.expire(endpoint.now);
    if (this.#random.chance(0.01)) endpoint.connection.drain(endpoint.now);
    this.check();
  }

  write(): void {
    for (let bytes = this.endpoint.write(); bytes !== null; bytes = this.endpoint.write()) {
      this.sent += bytes.length;
      assert.ok(bytes.length <= 2 * OUTPUT_BYTES, "one write is bounded");
      // Whole frames, but for a client's magic.
      if (bytes[0] !== MAGIC[0]) framesIn(bytes);
    }
  }

  check(): void {
    const { connection, lent } = this.endpoint;
    assert.ok(connection.streams <= 20);
    assert.ok(lent <= 1, `${lent} buffers are lent`);
    const bound = OWN_BYTES + AMPLIFICATION * this.received;
    assert.ok(this.sent <= bound, `${this.sent} bytes for ${this.received}`);
    if (connection.wasGoaway || connection.isDead) assert.equal(connection.streams, 0);
  }

  /** The client asks, so that there is something to be answered. */
  ask(): void {
    const head = requestHead(this.#random.chance(0.5) ? "GET" : "HEAD", "/", "a", []);
    const ends = this.#random.chance(0.5);
    if (this.endpoint.connection.open(null, head, "http", NO_LINES, 0, 0, ends) !== null) {
      this.received += 100;
    }
  }

  #act(stream: Stream): void {
    const { connection } = this.endpoint;
    if (this.#random.chance(0.1)) connection.reset(stream, 8);
    const canAnswer = this.endpoint.connection.isDraining === false && !stream.headSent;
    if (!canAnswer || this.#random.chance(0.3)) return;
    const ends = this.#random.chance(0.5);
    if (!connection.sendHead(stream, 200, null, NO_LINES, 0, 0, ends) || ends) return;
    const size = this.#random.below(20);
    this.received += size;
    connection.sendData(stream, new Uint8Array(size), 0, size, this.#random.chance(0.5));
  }
}

function attack(random: SeededRandom, make: (random: SeededRandom) => Uint8Array): void {
  const role = random.chance(0.5) ? Role.SERVER : Role.CLIENT;
  const owner = new CarelessOwner(role, random);
  if (random.chance(0.95)) owner.feed(role === Role.SERVER ? preface() : settings());
  for (let i = 0; i < 60; i++) {
    if (role === Role.CLIENT && random.chance(0.3)) owner.ask();
    owner.feed(make(random));
  }
  owner.write();
  owner.endpoint.connection.lost();
  owner.write();
  assert.equal(owner.endpoint.connection.streams, 0);
  assert.equal(owner.endpoint.lent, 0);
}

function forAWhile(make: (random: SeededRandom) => Uint8Array): void {
  simulate((random) => {
    const until = performance.now() + FUZZ_MS;
    while (performance.now() < until) attack(random, make);
  });
}

Deno.test("arbitrary bytes never break an HTTP/2 connection", () => {
  forAWhile((random) => randomBytes(random, 200));
});

Deno.test("arbitrary frames never break an HTTP/2 connection", () => {
  forAWhile(someFrame);
});

Deno.test("damaged conversations never break an HTTP/2 connection", () => {
  forAWhile((random) => {
    const frames = Array.from({ length: 1 + random.below(5) }, () => someFrame(random));
    return damaged(join(...frames), random);
  });
});
