// A client core and a server core talk to each other over a wire that cuts anywhere, at the pace of chance:
// many messages at a time, owners that read late, streams that are reset, drains, and connections that are
// lost. Whatever happens, every byte that arrives is the right one, and nothing is left behind.

import assert from "node:assert/strict";
import { EndReason } from "../../src/protocol/h2/connection/events.ts";
import { Role } from "../../src/protocol/h2/connection/link.ts";
import { type Exchange, type Plan, Side } from "./h2_side.ts";
import { type SeededRandom, simulate } from "./seeded.ts";

const ROUNDS = 12;
const STEPS = 60_000;

/** What may go wrong in a round. */
interface Trouble {
  readonly resets: boolean;
  readonly drains: boolean;
  readonly loses: boolean;
}

const NO_TROUBLE: Trouble = { resets: false, drains: false, loses: false };

function planOf(random: SeededRandom): Plan {
  const size = () => random.chance(0.4) ? 0 : random.below(random.chance(0.1) ? 300_000 : 5_000);
  return {
    request: size(),
    response: size(),
    trailers: random.chance(0.3),
    interim: random.chance(0.2),
  };
}

/** A pair of sides and the time between them. */
class World {
  readonly client: Side;
  readonly server: Side;
  now = 0;
  left: number;
  readonly #random: SeededRandom;
  readonly #trouble: Trouble;

  constructor(random: SeededRandom, trouble: Trouble) {
    this.#random = random;
    this.#trouble = trouble;
    const limits = {
      connectionWindow: random.pick([65_535, 70_000, 1_000_000]),
      maxConcurrentStreams: random.pick([1, 3, 100]),
      streamIdleMs: 1e9,
      gracefulShutdownMs: 0,
    };
    const output = () => random.pick([16_393, 20_000, 65_572]);
    this.client = new Side(Role.CLIENT, random, limits, output());
    this.server = new Side(Role.SERVER, random, limits, output());
    this.left = 5 + random.below(60);
  }

  /** Something happens. */
  step(): void {
    const random = this.#random;
    const { client, server } = this;
    const side = random.pick([client, server]);
    const other = side === client ? server : client;
    this.now += random.below(3);
    switch (random.below(6)) {
      case 0:
        if (this.left > 0 && client.ask(planOf(random))) this.left--;
        break;
      case 1:
        side.read(other, this.now);
        break;
      case 2:
        side.write(this.now);
        break;
      case 3:
        for (const exchange of side.exchanges.slice(-100)) side.advance(exchange);
        break;
      case 4:
        if (this.now >= side.connection.deadlineMs) side.connection.expire(this.now);
        break;
      case 5:
        this.#makeTrouble(side);
    }
    side.check();
    other.check();
  }

  get isOver(): boolean {
    return this.client.connection.isOver && this.server.connection.isOver;
  }

  get isQuiet(): boolean {
    const { client, server } = this;
    if (client.wire.length + server.wire.length > 0) return false;
    if (client.connection.isOver !== server.connection.isOver) return false;
    return (this.left === 0 || client.connection.isDraining) &&
      client.connection.streams === 0 && server.connection.streams === 0;
  }

  #makeTrouble(side: Side): void {
    const random = this.#random;
    const live = side.exchanges.slice(-10);
    if (this.#trouble.resets && live.length > 0 && random.chance(0.02)) {
      side.abort(random.pick(live));
    }
    if (this.#trouble.drains && random.chance(0.004)) side.connection.drain(this.now);
  }
}

/** A request and its other side agree on how it went. */
function assertAgreed(mine: Exchange, theirs: Exchange | undefined): void {
  if (mine.ended !== null || theirs === undefined || theirs.ended !== null) return;
  assert.ok(mine.complete && mine.finished, `stream ${mine.stream.id} is not complete`);
  assert.ok(theirs.complete && theirs.finished);
  assert.deepEqual(mine.plan, theirs.plan);
}

function assertDone({ client, server }: World): void {
  const served = new Map(server.exchanges.map((exchange) => [exchange.stream.id, exchange]));
  for (const exchange of client.exchanges) {
    const theirs = served.get(exchange.stream.id);
    // What the server never heard of was given back.
    assert.ok(theirs !== undefined || exchange.ended !== null);
    if (exchange.ended === EndReason.UNPROCESSED) assert.equal(theirs, undefined);
    assertAgreed(exchange, theirs);
  }
  for (const { ended, stream } of [...client.exchanges, ...server.exchanges]) {
    assert.notEqual(ended, EndReason.LOST, `stream ${stream.id} is lost though nothing broke`);
  }
  assert.equal(client.connection.isOver, server.connection.isOver, "one side waits for the other");
  assert.equal(client.connection.streams + server.connection.streams, 0);
}

/** One side drains after so many steps, which may be before it has heard of the other. */
function drainAfter(steps: number, role: Role, random: SeededRandom): void {
  const world = new World(random, NO_TROUBLE);
  for (let step = 0; step < steps; step++) world.step();
  const side = role === Role.CLIENT ? world.client : world.server;
  side.connection.drain(world.now);
  for (let step = 0; step < STEPS && !world.isOver; step++) world.step();
  assert.ok(world.isOver);
  assertDone(world);
}

function run(random: SeededRandom, trouble: Trouble): void {
  const world = new World(random, trouble);
  const lossAt = trouble.loses ? random.below(2_000) : STEPS;
  for (let step = 0; step < STEPS; step++) {
    if (step === lossAt) {
      world.client.connection.lost();
      world.server.connection.lost();
      for (const side of [world.client, world.server]) {
        for (const exchange of side.exchanges) {
          assert.ok(exchange.ended !== null || (exchange.complete && exchange.finished));
        }
      }
      assert.equal(world.client.connection.streams + world.server.connection.streams, 0);
      return;
    }
    world.step();
    if (world.isQuiet && step > 100) break;
  }
  assertDone(world);
}

Deno.test("two HTTP/2 cores agree on every message", () => {
  simulate((random) => {
    for (let round = 0; round < ROUNDS; round++) {
      run(random, NO_TROUBLE);
    }
  });
});

Deno.test("two HTTP/2 cores agree while streams are reset and connections drain", () => {
  simulate((random) => {
    for (let round = 0; round < ROUNDS; round++) {
      run(random, { resets: true, drains: round % 2 === 0, loses: false });
    }
  });
});

Deno.test("whichever HTTP/2 core drains, and however early, the other ends as well", () => {
  simulate((random) => {
    for (let steps = 0; steps < 100; steps += 1 + random.below(10)) {
      drainAfter(steps, Role.SERVER, random);
      drainAfter(steps, Role.CLIENT, random);
    }
  });
});

Deno.test("two HTTP/2 cores leave nothing behind when the connection is lost", () => {
  simulate((random) => {
    for (let round = 0; round < ROUNDS; round++) {
      run(random, { resets: true, drains: true, loses: true });
    }
  });
});
