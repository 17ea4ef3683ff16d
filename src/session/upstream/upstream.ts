// One connection to a backend. Between exchanges a read is always pending on it: that read notices a
// backend that closes, and becomes the first read of the next response.

import type { Backend } from "../../balancing/backend.ts";
import type { BufferPool } from "../../bytes/buffer_pool.ts";
import type { ByteStream } from "../../io/contracts.ts";
import type { Cluster } from "../cluster.ts";
import { NOWHERE, type Placed } from "../placed_set.ts";
import { type Arrival, SoleReader, type WritingEnd } from "../sole_reader.ts";

/** Where a backend connection is in its life. */
export const UpstreamState = { BUSY: 0, IDLE: 1, CLOSED: 2 } as const;
export type UpstreamState = 0 | 1 | 2;

/** The buffers a backend connection may use. */
export interface UpstreamBuffers {
  readonly head: BufferPool;
  readonly bulk: BufferPool;
  /** For what keeps filling those; without one, they are the largest. */
  readonly wide?: BufferPool;
}

/** Is told about the life of connections it made. */
export interface UpstreamOwner {
  /** An idle connection ended by itself. */
  idleEnded(upstream: Upstream): void;
  /** A connection was closed, for whatever reason; called once. */
  closed(upstream: Upstream): void;
}

/** A connection to a backend and the buffer its responses arrive in. */
export class Upstream implements Placed {
  place = NOWHERE;
  readonly stream: WritingEnd;
  readonly cluster: Cluster;
  readonly backend: Backend;
  /** The unix socket of its backend to which it leads; `null` when it leads to the address. */
  unixPath: string | null = null;
  state: UpstreamState = UpstreamState.BUSY;
  bytes: Uint8Array;
  /** It has carried an exchange before this one. */
  reused = false;
  /** It is not used for another exchange after this one. */
  isLast = false;
  /** When it became idle, in milliseconds of the worker's clock. */
  idleSince = 0;
  #buffers: UpstreamBuffers;
  readonly #owner: UpstreamOwner;
  #pool: BufferPool;
  readonly #reads: SoleReader;
  #given = false;
  /** Calls {@link #restEnded}; made by the first {@link rest}, so that a tunnel does not hold it. */
  #onRead: (() => void) | null = null;

  /** `first` must come from `buffers.head`. */
  constructor(
    stream: ByteStream,
    cluster: Cluster,
    backend: Backend,
    buffers: UpstreamBuffers,
    first: Uint8Array,
    owner: UpstreamOwner,
  ) {
    this.stream = stream;
    this.#reads = new SoleReader(stream);
    this.cluster = cluster;
    this.backend = backend;
    this.bytes = first;
    this.#buffers = buffers;
    this.#pool = buffers.head;
    this.#owner = owner;
  }

  /**
   * Takes the read begun by {@link rest}, or a new one that fills `bytes[at, end)`; hand its result to
   * {@link accept}.
   */
  read(at: number, end: number = this.bytes.length): Promise<Arrival> {
    const { bytes } = this;
    const all = at === 0 && end === bytes.length;
    return this.#reads.take(all ? bytes : bytes.subarray(at, end));
  }

  /** The number of bytes that {@link read} has brought, 0 at the backend's end of stream. */
  accept(arrival: Arrival): number {
    return this.#reads.accept(arrival);
  }

  /** Waits for the next exchange; the peer closing or speaking before that ends the connection. */
  rest(now: number): void {
    this.state = UpstreamState.IDLE;
    this.idleSince = now;
    this.reused = true;
    this.shrink();
    const onRead = this.#onRead ??= () => this.#restEnded();
    this.#reads.begin(this.bytes, onRead, onRead);
  }

  /** A body keeps filling the buffer: use a larger one until the next {@link rest}. */
  growForBody(): void {
    const { bulk, wide = bulk } = this.#buffers;
    this.#switchTo(this.#pool === bulk || this.#pool === wide ? wide : bulk);
  }

  /**
   * The connection is a tunnel from now on and uses these buffers as it needs them; it cannot be given
   * back for another exchange.
   */
  becomeTunnel(buffers: UpstreamBuffers): void {
    this.#buffers = buffers;
  }

  /** Closes the stream. An idle connection gives its buffer back when its read has settled. */
  close(): void {
    if (this.state === UpstreamState.CLOSED) return;
    this.state = UpstreamState.CLOSED;
    this.stream.close();
    this.#owner.closed(this);
  }

  /**
   * Ends a connection that an exchange had in use. The buffer goes to the next borrower as soon as no
   * read writes into it.
   */
  discard(): void {
    const wasIdle = this.state === UpstreamState.IDLE;
    this.close();
    if (!wasIdle) this.#reads.release(() => this.#giveBuffer());
  }

  /** The read begun by {@link rest} settled: the peer closed, spoke unasked, or we closed. */
  #restEnded(): void {
    // An exchange has taken the connection, and perhaps the read with it: both are its own now.
    if (this.state === UpstreamState.BUSY || this.#reads.taken) return;
    this.#giveBuffer();
    if (this.state === UpstreamState.CLOSED) return;
    this.close();
    this.#owner.idleEnded(this);
  }

  /** Once only: a buffer given twice would be lent to two connections. */
  #giveBuffer(): void {
    if (this.#given) return;
    this.#given = true;
    this.#pool.give(this.bytes);
  }

  /** Little comes: a small buffer will do. */
  shrink(): void {
    this.#switchTo(this.#buffers.head);
  }

  /** Takes another buffer, unless a read writes into this one or there is none to be had. */
  #switchTo(pool: BufferPool): void {
    if (pool === this.#pool || this.#reads.reading) return;
    const other = pool.take();
    if (other === null) return;
    this.#pool.give(this.bytes);
    this.#pool = pool;
    this.bytes = other;
  }
}
