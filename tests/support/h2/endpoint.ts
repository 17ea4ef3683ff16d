// One side of a connection in a test: an owner that notes what it is told, and the bytes it would write.

import { asciiText } from "../../../src/bytes/ascii.ts";
import { HeadTools } from "../../../src/protocol/h2/connection/head_tools.ts";
import { H2Connection } from "../../../src/protocol/h2/connection/connection.ts";
import { H2Counters } from "../../../src/protocol/h2/connection/counters.ts";
import {
  type ConnectionEvents,
  EndReason,
  type HeadSpace,
  type Part,
} from "../../../src/protocol/h2/connection/events.ts";
import { Role } from "../../../src/protocol/h2/connection/link.ts";
import type { H2Stream } from "../../../src/protocol/h2/connection/stream.ts";
import type { H2Limits } from "../../../src/protocol/h2/limits.ts";
import { type HeadProblem, problemName } from "../../../src/protocol/h2/heads/head_problem.ts";
import { MessageHead } from "../../../src/protocol/http/message_head.ts";
import { latin1 } from "./blocks.ts";
import { describe, framesIn, preface, settings, SETTINGS_ACK } from "./frames.ts";
import { testLimits } from "./limits.ts";

export const OUTPUT_BYTES = 65_572;
const NO_BYTES = new Uint8Array(0);
const REASONS = Object.keys(EndReason);

/** A stream as the tests see it. */
export type Stream = H2Stream<null>;

/** What an endpoint is made with. */
export interface EndpointOptions {
  readonly role?: Role;
  readonly limits?: Partial<H2Limits>;
  readonly connectProtocol?: boolean;
  readonly now?: number;
  readonly outputBytes?: number;
}

/** A connection with an owner that takes notes. */
export class Endpoint implements ConnectionEvents<null> {
  readonly connection: H2Connection<null>;
  readonly counters = new H2Counters();
  /** What the owner was told since {@link told} was last called. */
  readonly notes: string[] = [];
  readonly streams = new Map<number, Stream>();
  now: number;
  /** How often {@link wantsWrite} was called since the last write. */
  wakes = 0;
  /** Bytes of output buffers that are lent. */
  lent = 0;
  /** Give credit back at once. */
  releases = true;
  /** Refuse new streams. */
  refuses = false;
  headOf = new Map<number, MessageHead>();
  onHead: (stream: Stream, ends: boolean) => void = () => {};
  onData: (stream: Stream, size: number, ends: boolean) => void = () => {};
  onSent: (stream: Stream) => void = () => {};
  #left = NO_BYTES;

  constructor(options: EndpointOptions = {}) {
    this.now = options.now ?? 0;
    const buffers = {
      size: options.outputBytes ?? OUTPUT_BYTES,
      take: () => {
        this.lent++;
        return new Uint8Array(buffers.size);
      },
      give: () => {
        this.lent--;
      },
    };
    const parts = {
      role: options.role ?? Role.SERVER,
      limits: testLimits(options.limits),
      events: this,
      tools: new HeadTools(),
      counters: this.counters,
      buffers,
      allowsConnectProtocol: options.connectProtocol ?? false,
    };
    this.connection = new H2Connection(parts, this.now);
  }

  wantsWrite(): void {
    this.wakes++;
  }

  space(stream: Stream, part: Part): HeadSpace | null {
    this.streams.set(stream.id, stream);
    if (this.refuses) return null;
    const head = new MessageHead(NO_BYTES);
    if (part === 0) this.headOf.set(stream.id, head);
    return { head, bytes: new Uint8Array(16_393), at: 0 };
  }

  head(stream: Stream, head: MessageHead, ends: boolean): void {
    const line = asciiText(head.bytes, head.start, head.fieldsStart - 2);
    this.notes.push(`head ${stream.id} ${line}${ends ? " end" : ""}`);
    this.onHead(stream, ends);
  }

  interim(stream: Stream, head: MessageHead): void {
    this.notes.push(`interim ${stream.id} ${head.status}`);
  }

  data(stream: Stream, _bytes: Uint8Array, start: number, end: number, ends: boolean): void {
    this.notes.push(`data ${stream.id} ${end - start}${ends ? " end" : ""}`);
    if (this.releases) this.connection.release(stream, end - start);
    this.onData(stream, end - start, ends);
  }

  trailers(stream: Stream, trailers: MessageHead): void {
    this.notes.push(`trailers ${stream.id} ${trailers.count}`);
  }

  sent(stream: Stream): void {
    this.notes.push(`sent ${stream.id}`);
    this.onSent(stream);
  }

  ended(stream: Stream, reason: EndReason, code: number): void {
    this.notes.push(`ended ${stream.id} ${REASONS[reason]} ${code}`);
  }

  malformed(stream: Stream, problem: HeadProblem): void {
    this.notes.push(`malformed ${stream.id} ${problemName(problem)}`);
  }

  settled(): void {
    this.notes.push("settled");
  }

  pong(): void {
    this.notes.push("pong");
  }

  goaway(code: number): void {
    this.notes.push(`goaway ${code}`);
  }

  /** Feeds bytes, which may end anywhere. */
  feed(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      const bytes = new Uint8Array(this.#left.length + piece.length);
      bytes.set(this.#left);
      bytes.set(piece, this.#left.length);
      const at = this.connection.receive(bytes, 0, bytes.length, this.now);
      this.#left = bytes.slice(at);
      // Nothing may be kept of what was received.
      bytes.fill(0xff);
    }
  }

  /** Bytes that were fed and are still needed. */
  get pending(): number {
    return this.#left.length;
  }

  /** One write: its bytes, or `null`. */
  write(): Uint8Array | null {
    const bytes = this.connection.take(this.now)?.slice() ?? null;
    this.wakes = 0;
    if (bytes !== null) this.connection.written();
    return bytes;
  }

  /** Everything there is to write, in short. */
  written(): string[] {
    const all: string[] = [];
    for (let bytes = this.write(); bytes !== null; bytes = this.write()) {
      all.push(...framesIn(bytes).map(describe));
    }
    return all;
  }

  /** What the owner was told since the last call. */
  told(): string[] {
    return this.notes.splice(0);
  }

  stream(id: number): Stream {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new Error(`Stream ${id} was never announced`);
    return stream;
  }

  /** Answers a stream. */
  respond(id: number, status = 200, body: Uint8Array | null = null, lines = ""): boolean {
    const stream = this.stream(id);
    const bytes = latin1(lines);
    const { connection } = this;
    if (!connection.sendHead(stream, status, null, bytes, 0, bytes.length, body === null)) {
      return false;
    }
    return body === null || connection.sendData(stream, body, 0, body.length, true);
  }
}

/** A server that has had its client's preface and has written its own. */
export function openServer(
  options: EndpointOptions = {},
  ...values: readonly (readonly [number, number])[]
): Endpoint {
  const server = new Endpoint(options);
  server.feed(preface(...values));
  server.written();
  server.told();
  return server;
}

/** A client whose server has settled. */
export function openClient(
  options: EndpointOptions = {},
  ...values: readonly (readonly [number, number])[]
): Endpoint {
  const client = new Endpoint({ ...options, role: Role.CLIENT });
  client.feed(settings(...values), SETTINGS_ACK);
  client.write();
  client.told();
  return client;
}
