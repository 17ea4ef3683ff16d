// One connection to the command socket: frames out, frames in, one exchange at a time. The pool dials and
// reconnects. Bytes are read only while a caller waits for an answer, so a slow consumer of events does not
// fill the memory. An idle connection keeps one read pending: it notices when the peer closes, before the
// next request is lost.

import { decode, DecodeError, encode } from "../../config/codec/protobuf.ts";
import { Request, Response } from "../../config/schema/messages.ts";
import { encodeFrame, FRAME_PREFIX_LENGTH, FrameReader } from "../protocol/control/frame.ts";
import { ClientError } from "./error.ts";
import type { Transport } from "./transport.ts";
import { type Wait, within } from "./waiting.ts";

/** A connected peer that speaks the framed command protocol. */
export class Connection {
  readonly #transport: Transport;
  readonly #maxFrameBytes: number;
  readonly #frames: FrameReader;
  #pendingRead: Promise<Uint8Array | null> | null = null;
  /** A caller waits for the next answer: no second read may be started. */
  #receiving = false;
  #idle = false;
  #endedBy: ClientError | null = null;

  /** `maxFrameBytes` bounds frames in both directions, prefix included. */
  constructor(transport: Transport, maxFrameBytes: number) {
    this.#transport = transport;
    this.#maxFrameBytes = maxFrameBytes;
    this.#frames = new FrameReader(maxFrameBytes);
  }

  /** True once this connection can carry no further exchange. */
  get closed(): boolean {
    return this.#endedBy !== null;
  }

  /** Sends one request. Any failure closes the connection, except a request that is too large. */
  async post(request: Request, wait: Wait): Promise<void> {
    const payload = encode(Request, request);
    if (payload.length + FRAME_PREFIX_LENGTH > this.#maxFrameBytes) {
      throw new ClientError(
        "too_large",
        `The request takes ${payload.length} bytes, more than the accepted ` +
          `${this.#maxFrameBytes - FRAME_PREFIX_LENGTH}`,
      );
    }
    this.#idle = false;
    await this.#orClose(
      within(this.#transport.write(encodeFrame(payload)), wait, "The request was not taken"),
    );
  }

  /** The next answer of the exchange. Any failure closes the connection. */
  receive(wait: Wait): Promise<Response> {
    return this.#orClose(within(this.#nextResponse(), wait, "No answer came"));
  }

  /** Marks the end of an exchange: from here on, any byte or hang-up of the peer closes. */
  rest(): void {
    if (this.closed) return;
    if (this.#frames.pending > 0) {
      this.close(new ClientError("protocol", "The peer sent more than the answer"));
      return;
    }
    this.#idle = true;
    const closeIfIdle = () => {
      if (this.#idle) this.close(new ClientError("closed", "The peer closed the connection"));
    };
    this.#read().then(closeIfIdle, closeIfIdle);
  }

  /** Closes for good. `reason` is what an exchange still running on it rejects with. */
  close(reason: ClientError): void {
    this.#endedBy ??= reason;
    this.#transport.close();
  }

  async #orClose<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (cause) {
      this.close(
        cause instanceof ClientError
          ? cause
          : new ClientError("closed", `The connection broke: ${messageOf(cause)}`, { cause }),
      );
      throw this.#endedBy;
    }
  }

  async #nextResponse(): Promise<Response> {
    if (this.#receiving) throw new TypeError("Two callers wait for the answers of one connection");
    this.#receiving = true;
    try {
      return await this.#assembleResponse();
    } finally {
      this.#receiving = false;
    }
  }

  async #assembleResponse(): Promise<Response> {
    while (true) {
      const frame = this.#frames.next();
      if (frame instanceof Uint8Array) return decodeResponse(frame);
      if (frame !== null) throw new ClientError("protocol", `Unusable answer: ${frame.message}`);
      const bytes = await this.#read();
      if (bytes === null) {
        throw new ClientError("closed", "The peer closed the connection before its last answer");
      }
      this.#pendingRead = null;
      this.#frames.receive(bytes);
    }
  }

  #read(): Promise<Uint8Array | null> {
    this.#pendingRead ??= this.#transport.read();
    return this.#pendingRead;
  }
}

function decodeResponse(frame: Uint8Array): Response {
  const response = decode(Response, frame, "kept");
  if (response instanceof DecodeError) {
    throw new ClientError("protocol", `Unusable answer: ${response.message}`);
  }
  return response;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
