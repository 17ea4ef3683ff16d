// One side of a simulated HTTP/2 connection: an owner that sends and receives messages of known length and
// content at its own pace, and checks every byte that comes.

import assert from "node:assert/strict";
import { asciiText } from "../../src/bytes/ascii.ts";
import { H2Connection } from "../../src/protocol/h2/connection/connection.ts";
import { H2Counters } from "../../src/protocol/h2/connection/counters.ts";
import {
  type ConnectionEvents,
  EndReason,
  type HeadSpace,
} from "../../src/protocol/h2/connection/events.ts";
import { HeadTools } from "../../src/protocol/h2/connection/head_tools.ts";
import { Role } from "../../src/protocol/h2/connection/link.ts";
import type { H2Stream } from "../../src/protocol/h2/connection/stream.ts";
import type { H2Limits } from "../../src/protocol/h2/limits.ts";
import { MessageHead } from "../../src/protocol/http/message_head.ts";
import { latin1 } from "../support/h2/blocks.ts";
import { testLimits } from "../support/h2/limits.ts";
import { requestHead } from "../support/h2/heads.ts";
import type { SeededRandom } from "./seeded.ts";

const NO_BYTES = new Uint8Array(0);
const TRAILER = latin1("x-sum: 1\r\n");
/** How a stream may end early, though both sides keep to the rules. */
const BLAMELESS: ReadonlySet<EndReason> = new Set([
  EndReason.PEER_RESET,
  EndReason.LOST,
  EndReason.UNPROCESSED,
]);
/** No piece is larger, so that most messages take several. */
const LARGEST_PIECE = 40_000;

/** What is agreed on a request: how long both bodies are, and whether trailers follow them. */
export interface Plan {
  readonly request: number;
  readonly response: number;
  readonly trailers: boolean;
  readonly interim: boolean;
}

/** One stream as one side sees it. */
export interface Exchange {
  readonly plan: Plan;
  stream: H2Stream<Exchange>;
  /** Bytes of our body: all of it, and what was offered so far. */
  readonly total: number;
  offered: number;
  /** A piece is on its way. */
  busy: boolean;
  headSent: boolean;
  finished: boolean;
  /** Bytes of the peer's body. */
  readonly expected: number;
  received: number;
  held: number;
  complete: boolean;
  /** Why it ended early. */
  ended: EndReason | "reset" | null;
}

/** The byte of a body at `offset`. */
function byteAt(id: number, offset: number): number {
  return (id * 31 + offset * 7 + (offset >> 8)) & 0xff;
}

/** One side. */
export class Side implements ConnectionEvents<Exchange> {
  readonly connection: H2Connection<Exchange>;
  readonly counters = new H2Counters();
  readonly exchanges: Exchange[] = [];
  /** Bytes the other side has not read yet. */
  wire: Uint8Array = NO_BYTES;
  lent = 0;
  refused = 0;
  readonly #random: SeededRandom;
  readonly #role: Role;
  #left = NO_BYTES;
  #writing = false;
  #heardEnd = false;

  constructor(role: Role, random: SeededRandom, limits: Partial<H2Limits>, outputBytes: number) {
    this.#role = role;
    this.#random = random;
    const buffers = {
      size: outputBytes,
      take: () => {
        if (random.chance(0.1)) return null;
        this.lent++;
        return new Uint8Array(outputBytes);
      },
      give: () => void this.lent--,
    };
    const parts = {
      role,
      limits: testLimits(limits),
      events: this,
      tools: new HeadTools(),
      counters: this.counters,
      buffers,
      allowsConnectProtocol: false,
    };
    this.connection = new H2Connection(parts, 0);
  }

  wantsWrite(): void {}
  settled(): void {}
  pong(): void {}
  goaway(): void {}
  interim(): void {}

  space(stream: H2Stream<Exchange>): HeadSpace | null {
    if (this.#role === Role.SERVER && stream.owner === null && this.#random.chance(0.02)) {
      this.refused++;
      return null;
    }
    return { head: new MessageHead(NO_BYTES), bytes: new Uint8Array(16_393), at: 0 };
  }

  head(stream: H2Stream<Exchange>, head: MessageHead, ends: boolean): void {
    if (this.#role === Role.SERVER) {
      const path = asciiText(head.bytes, head.pathStart, head.pathEnd);
      const [request = 0, response = 0, flags = 0] = path.slice(1).split("/").map(Number);
      const plan = { request, response, trailers: (flags & 1) !== 0, interim: (flags & 2) !== 0 };
      this.#add(plan, stream);
    }
    this.#end(stream, ends);
  }

  data(
    stream: H2Stream<Exchange>,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): void {
    const exchange = stream.owner as Exchange;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== byteAt(stream.id, exchange.received)) {
        assert.fail(`stream ${stream.id}: byte ${exchange.received} is wrong`);
      }
      exchange.received++;
    }
    exchange.held += end - start;
    this.#end(stream, ends);
  }

  trailers(stream: H2Stream<Exchange>, trailers: MessageHead): void {
    assert.equal(trailers.count, 1);
    this.#end(stream, true);
  }

  sent(stream: H2Stream<Exchange>): void {
    (stream.owner as Exchange).busy = false;
  }

  ended(stream: H2Stream<Exchange>, reason: EndReason): void {
    assert.ok(
      stream.owner !== null && stream.owner.ended === null,
      `stream ${stream.id} ends twice`,
    );
    assert.ok(BLAMELESS.has(reason), `stream ${stream.id} ends for reason ${reason}`);
    stream.owner.ended = reason;
  }

  malformed(stream: H2Stream<Exchange>): void {
    assert.fail(`stream ${stream.id} is malformed`);
  }

  /** Asks for something, if that is possible now. */
  ask(plan: Plan): boolean {
    const flags = (plan.trailers ? 1 : 0) | (plan.interim ? 2 : 0);
    const path = `/${plan.request}/${plan.response}/${flags}`;
    const head = requestHead(plan.request === 0 ? "GET" : "POST", path, "a.test", [
      `x-${this.#random.below(5)}: ${this.#random.below(5)}`,
      "cookie: a=1; b=2",
    ]);
    const exchange = this.#make(plan);
    const ends = plan.request === 0 && !plan.trailers;
    const stream = this.connection.open(exchange, head, "http", NO_BYTES, 0, 0, ends);
    if (stream === null) return false;
    exchange.stream = stream;
    exchange.headSent = true;
    exchange.finished = ends;
    this.exchanges.push(exchange);
    return true;
  }

  /** Does a little of what there is to do on one exchange. */
  advance(exchange: Exchange): void {
    const random = this.#random;
    this.#release(exchange);
    if (exchange.ended !== null || exchange.finished || exchange.busy || random.chance(0.3)) return;
    const { plan, stream } = exchange;
    if (!exchange.headSent) {
      if (plan.interim) this.connection.sendHead(stream, 103, null, TRAILER, 0, 10, false);
      const ends = exchange.total === 0 && !plan.trailers;
      assert.ok(this.connection.sendHead(stream, 200, null, TRAILER, 0, TRAILER.length, ends));
      exchange.headSent = true;
      exchange.finished = ends;
      return;
    }
    if (exchange.offered === exchange.total && plan.trailers) {
      exchange.finished = true;
      assert.ok(this.connection.sendTrailers(stream, null, TRAILER, 0, TRAILER.length));
      return;
    }
    const size = Math.min(exchange.total - exchange.offered, 1 + random.below(LARGEST_PIECE));
    const piece = new Uint8Array(size + 3);
    for (let i = 0; i < size; i++) piece[i + 3] = byteAt(stream.id, exchange.offered + i);
    exchange.offered += size;
    const ends = exchange.offered === exchange.total && !plan.trailers && random.chance(0.7);
    exchange.busy = size > 0;
    exchange.finished = ends || (size === 0 && !plan.trailers);
    assert.ok(this.connection.sendData(stream, piece, 3, 3 + size, exchange.finished));
  }

  /** Ends an exchange early. */
  abort(exchange: Exchange): void {
    if (exchange.ended !== null || (exchange.finished && exchange.complete)) return;
    exchange.ended = "reset";
    this.connection.reset(exchange.stream, 8);
  }

  /** Reads some of what the other side wrote. */
  read(from: Side, now: number): void {
    const count = Math.min(from.wire.length, 1 + this.#random.below(60_000));
    const bytes = new Uint8Array(this.#left.length + count);
    bytes.set(this.#left);
    bytes.set(from.wire.subarray(0, count), this.#left.length);
    from.wire = from.wire.slice(count);
    this.#left = bytes.slice(this.connection.receive(bytes, 0, bytes.length, now));
    bytes.fill(0);
    this.#hearEnd(from, now);
  }

  /** Writes, or learns that a write is done. */
  write(now: number): void {
    if (this.#writing) {
      this.#writing = false;
      this.connection.written();
      return;
    }
    const bytes = this.connection.take(now);
    if (bytes === null) return;
    this.#writing = true;
    const wire = new Uint8Array(this.wire.length + bytes.length);
    wire.set(this.wire);
    wire.set(bytes, this.wire.length);
    this.wire = wire;
  }

  /** What is always so. */
  check(): void {
    const { connection } = this;
    assert.equal(connection.error, 0, "nothing of an honest peer is an error");
    assert.ok(this.lent >= 0 && this.lent <= 2, `${this.lent} buffers are lent`);
    assert.ok(connection.streams <= 100);
    for (const { received, expected } of this.exchanges) assert.ok(received <= expected);
  }

  /** A side that is over closes its connection, which is heard of behind the last that it wrote. */
  #hearEnd(from: Side, now: number): void {
    const { connection } = this;
    const isRead = from.wire.length === 0 && !connection.isCongested;
    if (this.#heardEnd || !isRead || !from.connection.isOver) return;
    this.#heardEnd = true;
    connection.inputEnded(now);
  }

  #release(exchange: Exchange): void {
    if (exchange.held === 0) return;
    const count = 1 + this.#random.below(exchange.held);
    exchange.held -= count;
    this.connection.release(exchange.stream, count);
  }

  #end(stream: H2Stream<Exchange>, ends: boolean): void {
    const exchange = stream.owner as Exchange;
    if (!ends) return;
    assert.equal(exchange.received, exchange.expected, `stream ${stream.id} is cut short`);
    exchange.complete = true;
  }

  #add(plan: Plan, stream: H2Stream<Exchange>): void {
    const exchange = this.#make(plan);
    exchange.stream = stream;
    stream.owner = exchange;
    this.exchanges.push(exchange);
  }

  #make(plan: Plan): Exchange {
    const isClient = this.#role === Role.CLIENT;
    return {
      plan,
      stream: null as unknown as H2Stream<Exchange>,
      total: isClient ? plan.request : plan.response,
      offered: 0,
      busy: false,
      headSent: false,
      finished: false,
      expected: isClient ? plan.response : plan.request,
      received: 0,
      held: 0,
      complete: false,
      ended: null,
    };
  }
}
