// TCP connections in memory: bytes take their time, come in other pieces than they were sent in, wait for
// whoever does not read, and end in all the ways in which connections end. What the kernel does when a
// connection closes with bytes unread is done here too: the other side is reset.

import type { ByteStream } from "../../../src/io/contracts.ts";
import type { SeededRandom } from "../seeded.ts";
import type { VirtualClock } from "./clock.ts";
import type { Trace } from "./trace.ts";

/** What streams are made of. */
export interface StreamParts {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly trace: Trace;
}

/** How one connection behaves. */
export interface LinkQuality {
  /** Milliseconds that bytes are under way at most. */
  readonly latency: number;
  /** Bytes that may be under way or unread, in each direction. */
  readonly window: number;
  /** Bytes that one read or write moves at most, for the first {@link SMALL_MOVES} of them. */
  readonly most: number;
}

/** After so many the rest goes faster: no more is to be learnt from it. */
const SMALL_MOVES = 100;

/** A read may settle so many milliseconds after its stream was closed, and scribble until then. */
const LATE_MS = 100;
const SCRIBBLES = 8;
const SCRIBBLE = 0x21;

interface PendingRead {
  readonly into: Uint8Array;
  readonly done: PromiseWithResolvers<number>;
}

interface PendingWrite {
  readonly from: Uint8Array;
  readonly done: PromiseWithResolvers<number>;
}

/** One end of a connection. */
export class VirtualStream implements ByteStream {
  readonly name: string;
  closed = false;
  /** Bytes that have come in so far, and those that went out. */
  arrived = 0;
  sent = 0;
  readonly #parts: StreamParts;
  readonly #link: LinkQuality;
  #peer: VirtualStream | null = null;
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  /** Bytes on their way to the peer, and those that it has not read. */
  #outstanding = 0;
  #lastArrival = 0;
  #moves = 0;
  #read: PendingRead | null = null;
  #write: PendingWrite | null = null;
  /** The peer has ended its side. */
  #ended = false;
  #writeEnded = false;
  /** The peer has reset the connection. */
  #reset = false;

  private constructor(name: string, link: LinkQuality, parts: StreamParts) {
    this.name = name;
    this.#link = link;
    this.#parts = parts;
  }

  /** Both ends of a new connection. */
  static pair(
    names: readonly [string, string],
    link: LinkQuality,
    parts: StreamParts,
  ): [VirtualStream, VirtualStream] {
    const [near, far] = [
      new VirtualStream(names[0], link, parts),
      new VirtualStream(names[1], link, parts),
    ];
    near.#peer = far;
    far.#peer = near;
    return [near, far];
  }

  /** Something waits for this stream. */
  get isAwaited(): boolean {
    return this.#read !== null || this.#write !== null;
  }

  /** Whether the other end is closed too, or was reset. */
  get isDead(): boolean {
    return this.#reset;
  }

  read(into: Uint8Array): Promise<number> {
    if (this.closed) return Promise.reject(new Error(`${this.name}: read from a closed stream`));
    if (into.length === 0 || this.#read !== null) {
      const what = into.length === 0 ? "a read without room" : "two reads at once";
      this.#parts.trace.violation(`${this.name}: ${what}`);
      return Promise.reject(new Error(what));
    }
    this.#read = { into, done: Promise.withResolvers() };
    const { promise } = this.#read.done;
    this.#serveReader();
    return promise;
  }

  write(from: Uint8Array): Promise<number> {
    const refusal = this.#writeRefusal();
    if (refusal !== null) return Promise.reject(new Error(`${this.name}: ${refusal}`));
    if (from.length === 0) return Promise.resolve(0);
    if (this.#write !== null) {
      this.#parts.trace.violation(`${this.name}: two writes at once`);
      return Promise.reject(new Error("two writes at once"));
    }
    this.#write = { from, done: Promise.withResolvers() };
    const { promise } = this.#write.done;
    // The bytes are taken when the system gets to it: until then they must stay as they are.
    if (this.#parts.random.chance(0.8)) this.#serveWriter();
    else this.#parts.clock.after(this.#parts.random.next(), () => this.#serveWriter());
    return promise;
  }

  closeWrite(): Promise<void> {
    const refusal = this.#writeRefusal();
    if (refusal !== null) return Promise.reject(new Error(`${this.name}: ${refusal}`));
    this.#endWrite();
    return Promise.resolve();
  }

  close(): void {
    if (this.closed) return;
    if (this.#unreadBytes > 0) return this.reset();
    this.#leave("closed");
    if (!this.#writeEnded && !this.#reset) this.#endWrite();
  }

  /** Ends the connection so that the peer hears of an error. */
  reset(): void {
    if (this.closed) return;
    this.#leave("reset");
    this.#sendReset();
  }

  #leave(how: string): void {
    this.closed = true;
    this.#parts.trace.note(`${this.name} ${how}`);
    const error = new Error(`${this.name}: ${how}`);
    if (this.#read !== null && this.#parts.random.chance(0.3)) this.#failLate(this.#read, error);
    this.#fail(error);
    this.#unread = [];
    this.#unreadBytes = 0;
  }

  /** A read that is under way has its buffer until it settles, whatever it does with it. */
  #failLate({ into, done }: PendingRead, error: Error): void {
    const { clock, random } = this.#parts;
    this.#read = null;
    const late = random.next() * LATE_MS;
    for (let part = 1; part <= SCRIBBLES; part++) {
      clock.after(late * part / SCRIBBLES, () => void into.fill(SCRIBBLE));
    }
    clock.after(late, () => done.reject(error));
  }

  #fail(error: Error): void {
    const [read, write] = [this.#read, this.#write];
    this.#read = this.#write = null;
    read?.done.reject(error);
    write?.done.reject(error);
  }

  #writeRefusal(): string | null {
    if (this.closed) return "write to a closed stream";
    if (this.#reset) return "connection reset by peer";
    return this.#writeEnded ? "broken pipe" : null;
  }

  #endWrite(): void {
    this.#writeEnded = true;
    const peer = this.#peer as VirtualStream;
    this.#deliver(() => {
      peer.#ended = true;
      if (!peer.closed) peer.#serveReader();
    });
  }

  #sendReset(): void {
    const peer = this.#peer as VirtualStream;
    this.#deliver(() => {
      if (peer.#reset) return;
      peer.#reset = true;
      if (peer.closed) return;
      this.#parts.trace.note(`${peer.name} was reset`);
      peer.#serveReader();
      // A read that still finds bytes gets those first; everything else hears of it now.
      peer.#fail(new Error(`${peer.name}: connection reset by peer`));
    });
  }

  /** Lets something arrive at the peer, after all that was sent before. */
  #deliver(arrive: () => void): void {
    const { clock, random } = this.#parts;
    const time = Math.max(this.#lastArrival, clock.now + random.next() * this.#link.latency);
    this.#lastArrival = time;
    clock.at(time, arrive);
  }

  #serveWriter(): void {
    if (this.#write === null) return;
    const { random } = this.#parts;
    const { from, done } = this.#write;
    const room = this.#link.window - this.#outstanding;
    // No silly windows (RFC 9293, section 3.8.6.2).
    if (room < Math.min(from.length, this.#link.window >> 1)) return;
    this.#write = null;
    const count = Math.min(from.length, room, this.#most());
    this.sent += count;
    this.#outstanding += count;
    for (let at = 0; at < count;) {
      const left = count - at;
      const piece = random.chance(0.3) ? 1 + random.below(left) : left;
      this.#send(from.slice(at, at + piece));
      at += piece;
    }
    done.resolve(count);
  }

  #send(bytes: Uint8Array): void {
    const peer = this.#peer as VirtualStream;
    this.#deliver(() => {
      if (peer.closed) {
        // Nobody is there to take them (RFC 9293, section 3.10.7.1).
        this.#outstanding -= bytes.length;
        if (!this.#reset) peer.#sendReset();
        return;
      }
      peer.arrived += bytes.length;
      peer.#unread.push(bytes);
      peer.#unreadBytes += bytes.length;
      peer.#serveReader();
    });
  }

  #serveReader(): void {
    if (this.#read === null) return;
    const { into, done } = this.#read;
    if (this.#unreadBytes === 0) {
      if (this.#reset || !this.#ended) return this.#reset ? this.#fail(this.#broken()) : undefined;
      this.#read = null;
      return done.resolve(0);
    }
    this.#read = null;
    const count = Math.min(into.length, this.#unreadBytes, this.#most());
    this.#take(into, count);
    const peer = this.#peer as VirtualStream;
    const { clock, random } = this.#parts;
    clock.after(random.next() * this.#link.latency, () => {
      peer.#outstanding -= count;
      peer.#serveWriter();
    });
    done.resolve(count);
  }

  #broken(): Error {
    return new Error(`${this.name}: connection reset by peer`);
  }

  #most(): number {
    return this.#moves++ < SMALL_MOVES ? this.#link.most : Infinity;
  }

  #take(into: Uint8Array, count: number): void {
    this.#unreadBytes -= count;
    for (let at = 0; at < count;) {
      const first = this.#unread[0] as Uint8Array;
      const part = Math.min(first.length, count - at);
      into.set(first.subarray(0, part), at);
      at += part;
      if (part === first.length) this.#unread.shift();
      else this.#unread[0] = first.subarray(part);
    }
  }
}
