// The reading half of a connection, with one owner at a time. Whoever takes a read is told alone what it
// brought, and what it brought cannot be used without handing it back here; a second taker, bytes that
// nobody has asked for and more bytes than there was room for are defects, which end the session before
// one byte goes astray. A read may also be begun for nobody: its result waits for the next taker.

import type { ByteStream } from "../io/contracts.ts";

declare const ARRIVED: unique symbol;

/** What a read has brought; {@link SoleReader.accept} tells how many bytes that is. */
export interface Arrival {
  readonly [ARRIVED]: true;
}

/** A connection without its reading half, which belongs to a {@link SoleReader}. */
export type WritingEnd = Omit<ByteStream, "read">;

/** Reads from a stream, of which it is the only reader. */
export class SoleReader {
  readonly #stream: ByteStream;
  #pending: Promise<number> | null = null;
  /** Somebody waits for the read that is pending. */
  #taken = false;
  /** Bytes that the read may bring. */
  #room = 0;
  /** The buffers are others' now: nothing may be read any more. */
  #released = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** A read is under way, or has ended and was not accepted. Its buffer must stay where it is. */
  get reading(): boolean {
    return this.#pending !== null;
  }

  /** Somebody waits for the read that is under way. */
  get taken(): boolean {
    return this.#taken;
  }

  /** Begins a read that nobody takes yet; `onSettled` and `onFailed` hear of its end. */
  begin(
    into: Uint8Array,
    onSettled: (count: number) => void,
    onFailed: (error: unknown) => void,
  ): void {
    if (this.#released) return onFailed(new TypeError(RELEASED));
    (this.#pending ?? this.#read(into)).then(onSettled, onFailed);
  }

  /**
   * Takes the read under way, or a new one into `into`. Rejects when the stream does; when the read
   * under way belongs to somebody else, only after that one has been told.
   */
  take(into: Uint8Array): Promise<Arrival> {
    if (this.#taken || this.#released) return this.#refuse();
    this.#taken = true;
    return (this.#pending ?? this.#read(into)) as unknown as Promise<Arrival>;
  }

  /** The number of bytes that the read taken has brought; 0 is the end of the stream. */
  accept(arrival: Arrival): number {
    const count = arrival as unknown as number;
    if (!this.#taken) throw new TypeError("Bytes arrived that nobody waits for");
    if (count > this.#room) throw new RangeError("More bytes arrived than there was room for");
    this.#taken = false;
    this.#pending = null;
    return count;
  }

  /** Ends reading; calls `done` as soon as no read writes into its buffer any more. */
  release(done: () => void): void {
    this.#released = true;
    if (this.#pending === null) done();
    else this.#pending.then(done, done);
  }

  #read(into: Uint8Array): Promise<number> {
    this.#room = into.length;
    return this.#pending = this.#stream.read(into);
  }

  /** A stream that has failed fails whoever reads on; else there are two readers. */
  async #refuse(): Promise<never> {
    await this.#pending;
    throw new TypeError(this.#released ? RELEASED : "Two readers wait for the same bytes");
  }
}

const RELEASED = "Read from a connection that has been given up";
