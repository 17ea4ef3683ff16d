// The body of a request on its way out on a stream: one piece at a time, which stays where it is until the
// connection has taken all of it.

import type { H2Stream } from "../../../../protocol/h2/connection/stream.ts";
import type { MessageHead } from "../../../../protocol/http/message_head.ts";
import type { StreamOwner } from "../../../upstream/h2/stream_owner.ts";
import type { BodySink } from "../../body.ts";

/** What {@link RequestBody} sends on. */
export interface SendingConnection {
  send(stream: H2Stream<StreamOwner>, bytes: Uint8Array, ends: boolean): boolean;
  sendTrailers(stream: H2Stream<StreamOwner>, trailers: MessageHead): boolean;
}

/** The body of one request. */
export class RequestBody implements BodySink {
  readonly #connection: SendingConnection;
  readonly #noteSent: (count: number) => void;
  readonly #abort: () => void;
  /** The stream, once it is open. */
  #stream: H2Stream<StreamOwner> | null = null;
  #wake: ((sent: boolean) => void) | null = null;
  /** Bytes of the piece that is being sent. */
  #sending = 0;

  /** `abort` lets the backend notice that the body is not complete. */
  constructor(
    connection: SendingConnection,
    noteSent: (count: number) => void,
    abort: () => void,
  ) {
    this.#connection = connection;
    this.#noteSent = noteSent;
    this.#abort = abort;
  }

  begin(stream: H2Stream<StreamOwner>): void {
    this.#stream = stream;
  }

  write(bytes: Uint8Array): Promise<boolean> {
    const stream = this.#stream;
    if (stream === null || !this.#connection.send(stream, bytes, false)) return REFUSED;
    if (bytes.length === 0) return TAKEN;
    this.#sending = bytes.length;
    return new Promise((resolve) => this.#wake = resolve);
  }

  end(trailers: MessageHead | null): Promise<boolean> {
    const stream = this.#stream;
    if (stream === null) return REFUSED;
    const ends = trailers === null
      ? this.#connection.send(stream, NOTHING, true)
      : this.#connection.sendTrailers(stream, trailers);
    return ends ? TAKEN : REFUSED;
  }

  abort(): void {
    this.#abort();
  }

  /** The connection has taken the piece. */
  sent(): void {
    this.#noteSent(this.#sending);
    this.#tell(true);
  }

  /** Nothing is sent any more. */
  refuse(): void {
    this.#stream = null;
    this.#tell(false);
  }

  #tell(sent: boolean): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.(sent);
  }
}

const NOTHING = new Uint8Array(0);
const TAKEN = Promise.resolve(true);
const REFUSED = Promise.resolve(false);
