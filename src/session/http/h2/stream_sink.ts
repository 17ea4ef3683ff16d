// A message body as it leaves on a stream of HTTP/2, to a client or to a backend. One piece is offered at a time;
// it stays where it is until the connection has taken it, which is when the windows of the peer allow it.

import type { MessageHead } from "../../../protocol/http/message_head.ts";
import type { BodySink } from "../body.ts";

/** The stream, which is open and has sent its head. */
export interface SendingStream {
  /** Sends a piece, and with `ends` the end of the body; false when the stream is gone. */
  sendPiece(bytes: Uint8Array, ends: boolean): boolean;
  /** Sends trailers, which end the body; false when the stream is gone. */
  sendTrailers(trailers: MessageHead): boolean;
  /** So many bytes have been sent. */
  noteSent(count: number): void;
  /** Lets the peer notice that the body is not complete. */
  abort(): void;
}

const NO_BYTES = new Uint8Array(0);
const TAKEN = Promise.resolve(true);
const REFUSED = Promise.resolve(false);

/** One body. */
export class StreamSink implements BodySink {
  readonly #to: SendingStream;
  #wake: ((goesOn: boolean) => void) | null = null;
  /** Bytes of the piece that is offered. */
  #offered = 0;
  #stopped = false;

  constructor(to: SendingStream) {
    this.#to = to;
  }

  write(bytes: Uint8Array): Promise<boolean> {
    return this.#offer(bytes, false);
  }

  /** Sends the last piece, which is not empty. */
  writeLast(bytes: Uint8Array): Promise<boolean> {
    return this.#offer(bytes, true);
  }

  end(trailers: MessageHead | null): Promise<boolean> {
    if (this.#stopped) return REFUSED;
    const sent = trailers === null
      ? this.#to.sendPiece(NO_BYTES, true)
      : this.#to.sendTrailers(trailers);
    return sent ? TAKEN : REFUSED;
  }

  abort(): void {
    this.#to.abort();
    this.stop();
  }

  /** The piece that was offered has been taken. */
  sent(): void {
    this.#to.noteSent(this.#offered);
    this.#offered = 0;
    this.#answer(true);
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#stopped = true;
    this.#answer(false);
  }

  #offer(bytes: Uint8Array, ends: boolean): Promise<boolean> {
    if (this.#stopped || !this.#to.sendPiece(bytes, ends)) return REFUSED;
    if (bytes.length === 0) return TAKEN;
    this.#offered = bytes.length;
    return new Promise((resolve) => this.#wake = resolve);
  }

  #answer(goesOn: boolean): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.(goesOn);
  }
}
