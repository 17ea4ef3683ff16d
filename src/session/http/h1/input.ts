// The receiving side of a client connection: one buffer that starts small, so that an idle connection
// costs little, and grows only while a head or a body needs it. One read is pending at a time, for one
// taker; it may be begun early, which is how a client that leaves is noticed while a backend works for it.

import type { BufferPool } from "../../../bytes/buffer_pool.ts";
import type { ByteStream } from "../../../io/contracts.ts";
import type { HeadReader } from "../../../protocol/h1/head_reader.ts";
import { type Arrival, SoleReader } from "../../sole_reader.ts";

/** A read with less room than this is not worth its system call. */
const LEAST_ROOM = 1024;

/** The buffers an input may use, smallest first. */
export interface InputBuffers {
  /** For idle connections and ordinary heads. */
  readonly small: BufferPool;
  /** As large as a head may be. */
  readonly head: BufferPool;
  /** For bodies that keep filling the others. */
  readonly bulk: BufferPool;
  /** For what keeps filling those as well; without one, they are the largest. */
  readonly wide?: BufferPool;
}

/** Bytes received from a client and not yet used. */
export class ClientInput {
  bytes: Uint8Array;
  /** The unused bytes are `bytes[start, end)`. */
  start = 0;
  end = 0;
  /** The head that lies in `bytes`; it is told when they move. */
  reader: HeadReader | null = null;
  readonly #reads: SoleReader;
  #buffers: InputBuffers;
  #pool: BufferPool;
  #closed = false;

  /** `first` must come from `buffers.small`. */
  constructor(stream: ByteStream, buffers: InputBuffers, first: Uint8Array) {
    this.#reads = new SoleReader(stream);
    this.#buffers = buffers;
    this.#pool = buffers.small;
    this.bytes = first;
  }

  /** Unused bytes at hand. */
  get length(): number {
    return this.end - this.start;
  }

  /** A read is under way. */
  get reading(): boolean {
    return this.#reads.reading;
  }

  /**
   * Takes the read under way, or a new one; hand its result to {@link accept}. There must be room: call
   * {@link makeRoom} before a new one.
   */
  read(): Promise<Arrival> {
    return this.#reads.take(this.reading ? this.bytes : this.#free());
  }

  /** Begins the read that somebody will take later; `onSettled` and `onFailed` hear of its end. */
  readEarly(onSettled: (count: number) => void, onFailed: (error: unknown) => void): void {
    this.#reads.begin(this.reading ? this.bytes : this.#free(), onSettled, onFailed);
  }

  /** Takes the result of {@link read} in; the number of bytes, 0 at the client's end of stream. */
  accept(arrival: Arrival): number {
    const count = this.#reads.accept(arrival);
    this.end += count;
    return count;
  }

  /**
   * Makes sure a read has room, by moving what is held to the front or to a larger buffer. False when
   * a head has outgrown the largest buffer for heads, or when no buffer is left. What is held moves when there is
   * less room than `wanted`, where that brings some.
   */
  makeRoom(wanted = LEAST_ROOM): boolean {
    if (this.reading || this.bytes.length - this.end >= wanted) return true;
    const held = this.reader === null ? this.start : this.reader.head.start;
    if (held > 0) this.#moveTo(this.bytes, held);
    if (this.bytes.length - this.end >= LEAST_ROOM) return true;
    if (this.#pool === this.#buffers.small && this.#switchTo(this.#buffers.head)) return true;
    return this.end < this.bytes.length;
  }

  /** The buffer is as large as a head may be. */
  get holdsLargestHead(): boolean {
    return this.#pool !== this.#buffers.small;
  }

  /** Forgets the head: from here on only the unused bytes are kept. */
  releaseHead(): void {
    this.#forgetHead();
    if (this.reading) return;
    if (this.start === this.end) {
      this.start = this.end = 0;
      if (this.#pool !== this.#buffers.small) this.#shrink();
    }
  }

  /** As {@link releaseHead}, but the head stays readable: it gets bytes of its own. */
  keepHead(): void {
    if (this.reader !== null) {
      const { start, end } = this.reader.head;
      this.reader.relocate(this.bytes.slice(start, end), -start);
      this.reader = null;
    }
    this.releaseHead();
  }

  /** Throws the unused bytes away. No read may be under way. */
  clear(): void {
    this.#forgetHead();
    this.start = this.end = 0;
  }

  /** What comes keeps filling the buffer: use a larger one from now on, if there is one. */
  growForBody(): void {
    if (this.reading || this.reader !== null) return;
    const { small, head, bulk, wide } = this.#buffers;
    const next = this.#pool === small ? head : this.#pool === head ? bulk : wide ?? bulk;
    if (next !== this.#pool) this.#switchTo(next);
  }

  /** Uses these buffers from now on; all but the widest must be those of before. */
  becomeTunnel(buffers: InputBuffers): void {
    this.#buffers = buffers;
  }

  /** Gives the buffer back as soon as no read writes into it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reads.release(() => this.#pool.give(this.bytes));
  }

  /** The bytes of a head that is no longer kept become others': nobody can read them through it. */
  #forgetHead(): void {
    if (this.reader !== null) this.reader.head.bytes = NOTHING;
    this.reader = null;
  }

  #free(): Uint8Array {
    return this.end === 0 ? this.bytes : this.bytes.subarray(this.end);
  }

  /** Moves the held bytes to the front of `target`. */
  #moveTo(target: Uint8Array, held: number): void {
    if (target === this.bytes) target.copyWithin(0, held, this.end);
    else target.set(this.bytes.subarray(held, this.end));
    this.reader?.relocate(target, -held);
    this.bytes = target;
    this.start -= held;
    this.end -= held;
  }

  #switchTo(pool: BufferPool): boolean {
    const larger = pool.take();
    if (larger === null) return false;
    const old = this.bytes;
    this.#moveTo(larger, this.reader === null ? this.start : this.reader.head.start);
    this.#pool.give(old);
    this.#pool = pool;
    return true;
  }

  #shrink(): void {
    const small = this.#buffers.small.take();
    if (small === null) return;
    this.#pool.give(this.bytes);
    this.#pool = this.#buffers.small;
    this.bytes = small;
  }
}

const NOTHING = new Uint8Array(0);
