// The client's end of an exchange whose request may have to be sent again: the beginning of its body is kept, and
// while that is all of it there was, it can be sent from the start on another connection.

import { BodyEnd, type BodySink, type BodySource } from "../body.ts";
import type { Downstream } from "../downstream.ts";
import type { Exchange } from "../exchange.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";

/** Most requests with a body have less; what is kept is a copy for each of them that is under way. */
export const KEPT_BODY_BYTES = 16 * 1024;

/** A body of which the beginning is kept. */
class KeptBody implements BodySource {
  readonly #source: BodySource;
  /** All that was handed out, unless it was too much. */
  #kept: Uint8Array[] = [];
  #size = 0;
  /** Pieces of {@link #kept} that were handed out since the last rewind. */
  #given = 0;
  #whole = true;
  /** What the source was asked for and nobody has. */
  #asked: Promise<Uint8Array | null> | null = null;
  #stop = Promise.withResolvers<null>();
  #stopped = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** A piece of the source is waited for. */
  get waits(): boolean {
    return this.#asked !== null;
  }

  /** Everything that was handed out can be handed out again. */
  get whole(): boolean {
    return this.#whole;
  }

  get ended(): BodyEnd {
    if (this.#stopped) return BodyEnd.CUT;
    // The last piece may have left the source and not be handed out.
    const more = this.#given < this.#kept.length || this.#asked !== null;
    return more ? BodyEnd.OPEN : this.#source.ended;
  }

  get trailers(): MessageHead | null {
    return this.#source.trailers;
  }

  async next(): Promise<Uint8Array | null> {
    if (this.#stopped) return null;
    const again = this.#kept[this.#given];
    if (again !== undefined) {
      this.#given++;
      return again;
    }
    this.#asked ??= this.#source.next();
    const piece = this.#whole
      ? await Promise.race([this.#asked, this.#stop.promise])
      : await this.#asked;
    if (this.#stopped) return null;
    this.#asked = null;
    return piece === null || !this.#whole ? piece : this.#keep(piece);
  }

  taken(count: number): void {
    // The source has had its credit for what was copied.
    if (!this.#whole) this.#source.taken(count);
  }

  /** Whoever reads is told that the body is cut, and reads no more. */
  stop(): void {
    this.#stopped = true;
    this.#asked?.catch(() => {});
    this.#stop.resolve(null);
  }

  /** The body begins anew. Nobody may be reading. */
  rewind(): void {
    this.#stopped = false;
    this.#stop = Promise.withResolvers();
    this.#given = 0;
  }

  #keep(piece: Uint8Array): Uint8Array {
    this.#size += piece.length;
    if (this.#size > KEPT_BODY_BYTES) {
      this.#whole = false;
      this.#kept = [];
      this.#given = 0;
      return piece;
    }
    const copy = piece.slice();
    this.#kept.push(copy);
    this.#given++;
    this.#source.taken(piece.length);
    return copy;
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
