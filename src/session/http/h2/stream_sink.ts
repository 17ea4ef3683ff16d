// A message body as it leaves on a stream of HTTP/2. One piece is offered at a time; it stays where it is
// until the connection has taken it, which is when the windows of the peer allow it.

import type { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";
import type { BodySink } from "../body.ts";

const NO_BYTES = new Uint8Array(0);

/** Is told what the client has been sent. */
export interface SentAccount {
  clientOut: number;
}

/** One body; its head has been sent. */
export class StreamSink<O> implements BodySink {
  readonly #connection: H2Connection<O>;
  readonly #stream: H2Stream<O>;
  readonly #account: SentAccount;
  #wake: ((goesOn: boolean) => void) | null = null;
  /** Bytes of the piece that is offered. */
  #offered = 0;

  constructor(connection: H2Connection<O>, stream: H2Stream<O>, account: SentAccount) {
    this.#connection = connection;
    this.#stream = stream;
    this.#account = account;
  }

  write(bytes: Uint8Array): Promise<boolean> {
    return this.#offer(bytes, false);
  }

  /** Sends the last piece, which is not empty. */
  writeLast(bytes: Uint8Array): Promise<boolean> {
    return this.#offer(bytes, true);
  }

  end(trailers: MessageHead | null): Promise<boolean> {
    const stream = this.#stream;
    const sent = trailers === null
      ? this.#connection.sendData(stream, NO_BYTES, 0, 0, true)
      : this.#connection.sendTrailers(stream, trailers, NO_BYTES, 0, 0);
    return Promise.resolve(sent);
  }

  abort(): void {
    this.#connection.reset(this.#stream, ErrorCode.INTERNAL_ERROR);
    this.stop();
  }

  /** The piece that was offered has been taken. */
  sent(): void {
    this.#account.clientOut += this.#offered;
    this.#offered = 0;
    this.#answer(true);
  }

  /** The stream is gone. */
  stop(): void {
    this.#answer(false);
  }

  #offer(bytes: Uint8Array, ends: boolean): Promise<boolean> {
    if (!this.#connection.sendData(this.#stream, bytes, 0, bytes.length, ends)) return NOTHING_MORE;
    this.#offered = bytes.length;
    return new Promise((resolve) => this.#wake = resolve);
  }

  #answer(goesOn: boolean): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.(goesOn);
  }
}

const NOTHING_MORE = Promise.resolve(false);
