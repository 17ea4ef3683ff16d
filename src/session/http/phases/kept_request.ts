// The client's end of an exchange whose request may have to be sent again: the beginning of its body is kept, and
// while that is all of it there was, it can be sent from the start on another connection.

import { BodyEnd, type BodySink, type BodySource } from "../body.ts";
import type { Downstream } from "../downstream.ts";
import type { Exchange } from "../exchange.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";

/** Most requests with a body have less; what is kept is a copy for each of them that is under way. */
export const KEPT_BODY_BYTES = 16 * 1024;

const NO_BYTES = new Uint8Array(0);
const LEAST_BYTES = 512;

/** Takes the next piece of a body, or the error with which its sender is lost. */
interface Reader {
  readonly resolve: (piece: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
}

/** A body of which the beginning is kept: in one piece, since senders may send it byte by byte. */
class KeptBody implements BodySource {
  readonly #source: BodySource;
  /** All that was handed out is `kept[0, size)`, unless it was too much. */
  #kept = NO_BYTES;
  #size = 0;
  /** So many bytes of it were handed out since the last rewind. */
  #given = 0;
  #whole = true;
  /** The source was asked for a piece that nobody has. */
  #asked = false;
  /** What came of that when nobody waited for it. */
  #arrived: Promise<Uint8Array | null> | null = null;
  #reader: Reader | null = null;
  #stopped = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** A piece of the source is waited for. */
  get waits(): boolean {
    return this.#asked;
  }

  /** Everything that was handed out can be handed out again. */
  get whole(): boolean {
    return this.#whole;
  }

  get ended(): BodyEnd {
    if (this.#stopped) return BodyEnd.CUT;
    // The last piece may have left the source and not be handed out.
    const more = this.#whole && (this.#given < this.#size || this.#asked);
    return more ? BodyEnd.OPEN : this.#source.ended;
  }

  get trailers(): MessageHead | null {
    return this.#source.trailers;
  }

  next(): Promise<Uint8Array | null> {
    if (this.#stopped) return Promise.resolve(null);
    if (!this.#whole) return this.#source.next();
    if (this.#given < this.#size) {
      const again = this.#kept.subarray(this.#given, this.#size);
      this.#given = this.#size;
      return Promise.resolve(again);
    }
    const promise = new Promise<Uint8Array | null>((resolve, reject) =>
      this.#reader = { resolve, reject }
    );
    if (!this.#asked) this.#ask();
    else if (this.#arrived !== null) this.#hand(this.#arrived);
    return promise;
  }

  taken(count: number): void {
    // The source has had its credit for what was copied.
    if (!this.#whole) this.#source.taken(count);
  }

  /** Whoever reads is told that the body is cut, and reads no more. */
  stop(): void {
    this.#stopped = true;
    this.#reader?.resolve(null);
    this.#reader = null;
  }

  /** The body begins anew. Nobody may be reading. */
  rewind(): void {
    this.#stopped = false;
    this.#given = 0;
  }

  #ask(): void {
    this.#asked = true;
    const piece = this.#source.next();
    const hand = () => this.#hand(piece);
    piece.then(hand, hand);
  }

  /** A piece is there, or will never be. */
  #hand(piece: Promise<Uint8Array | null>): void {
    const reader = this.#reader;
    if (reader === null) {
      this.#arrived = piece;
      return;
    }
    this.#reader = this.#arrived = null;
    piece.finally(() => this.#asked = false).then(
      (bytes) => reader.resolve(bytes === null ? null : this.#keep(bytes)),
      reader.reject,
    );
  }

  #keep(piece: Uint8Array): Uint8Array {
    const start = this.#size;
    const end = start + piece.length;
    if (end > KEPT_BODY_BYTES) {
      this.#whole = false;
      this.#kept = NO_BYTES;
      return piece;
    }
    if (end > this.#kept.length) {
      const larger = new Uint8Array(Math.max(LEAST_BYTES, end, 2 * this.#kept.length));
      larger.set(this.#kept.subarray(0, start));
      this.#kept = larger;
    }
    this.#kept.set(piece, start);
    this.#size = this.#given = end;
    this.#source.taken(piece.length);
    return this.#kept.subarray(start, end);
  }
}

/** The client's end of an exchange whose request has a body that may be sent more than once. */
export class KeptRequest implements Downstream {
  readonly body: BodySource;
  readonly #down: Downstream;
  readonly #kept: KeptBody;
  #upload: Promise<boolean> | null = null;
  /** The backend takes no more of the body, which the client's end has not been told. */
  #refused = false;

  constructor(down: Downstream) {
    this.#down = down;
    this.body = this.#kept = new KeptBody(down.body);
  }

  /** The request can be sent again from its start. */
  get whole(): boolean {
    return this.#kept.whole;
  }

  get sink(): BodySink {
    return this.#down.sink;
  }

  arm(delay: number): void {
    this.#down.arm(delay);
  }

  uploading(running: Promise<boolean>): void {
    this.#upload = running;
    this.#down.uploading(running);
  }

  uploadRefused(): void {
    this.#refused = true;
    if (!this.#kept.whole) this.settle();
  }

  interim(exchange: Exchange): Promise<void> {
    return this.#down.interim(exchange);
  }

  head(exchange: Exchange, ends: boolean): Promise<boolean> {
    return this.#down.head(exchange, ends);
  }

  /** The request will be sent again: resolves when nothing of it is on its way any more. */
  async rewind(): Promise<void> {
    this.#kept.stop();
    await this.#upload;
    this.#upload = null;
    this.#refused = false;
    this.#kept.rewind();
  }

  /** It will not: the client's end is told what it was not. */
  settle(): void {
    if (this.#refused || this.readsOn) this.#down.uploadRefused();
    this.#refused = false;
  }

  /** More of the body is being read though it is sent nowhere: whoever settles has to hear it to the end. */
  get readsOn(): boolean {
    return this.#upload === null && this.#kept.waits;
  }
}
