// The two encodings of the command socket behind one interface: framed protobuf, and JSON documents, one a line. The
// first bytes of a connection decide which one it has.

import { decode, DecodeError, encode } from "../../../config/codec/protobuf.ts";
import { fromJson, JsonError, toJson } from "../../../config/codec/json.ts";
import { Request, Response } from "../../../config/schema/messages.ts";
import {
  encodeFrame,
  FRAME_PREFIX_LENGTH,
  FrameError,
  FrameReader,
} from "../../protocol/control/frame.ts";
import { LineError, LineReader } from "../../protocol/control/line.ts";

/** Bytes that are no request. */
export class MalformedRequest {
  readonly message: string;
  /**
   * `skipped`: there was no request, and the stream continues; `answered`: one request is refused, and the stream
   * continues; `fatal`: the stream cannot be read any further.
   */
  readonly severity: "skipped" | "answered" | "fatal";

  constructor(message: string, severity: "skipped" | "answered" | "fatal") {
    this.message = message;
    this.severity = severity;
  }
}

/** The encoding of one client. */
export interface ClientCodec {
  receive(bytes: Uint8Array): void;
  /** The next request; `null` when more bytes are needed; or the error. */
  next(): Request | MalformedRequest | null;
  /** About the bytes of the last request. */
  readonly lastSize: number;
  encode(response: Response): Uint8Array;
}

/** Framed protobuf, the encoding of sozu 2.1. */
class ProtobufCodec implements ClientCodec {
  readonly #reader: FrameReader;
  lastSize = 0;

  constructor(maxMessage: number) {
    this.#reader = new FrameReader(maxMessage);
  }

  receive(bytes: Uint8Array): void {
    this.#reader.receive(bytes);
  }

  next(): Request | MalformedRequest | null {
    const frame = this.#reader.nextView();
    if (frame === null) return null;
    if (frame instanceof FrameError) {
      return new MalformedRequest(frame.message, frame.kind === "too_short" ? "skipped" : "fatal");
    }
    this.lastSize = frame.length;
    const request = decode(Request, frame);
    return request instanceof DecodeError
      ? new MalformedRequest(`Cannot decode the request: ${request.message}`, "fatal")
      : request;
  }

  encode(response: Response): Uint8Array {
    return encodeFrame(encode(Response, response));
  }
}

/** JSON documents, one a line, with the field names of the schema. */
class JsonLinesCodec implements ClientCodec {
  readonly #reader: LineReader;
  readonly #encoder = new TextEncoder();
  lastSize = 0;

  constructor(maxMessage: number) {
    this.#reader = new LineReader(maxMessage);
  }

  receive(bytes: Uint8Array): void {
    this.#reader.receive(bytes);
  }

  next(): Request | MalformedRequest | null {
    const line = this.#reader.next();
    if (line === null) return null;
    if (line instanceof LineError) return new MalformedRequest(line.message, "fatal");
    this.lastSize = line.length;
    const request = fromJson(Request, line);
    // The end of a line is known even when its content is invalid.
    return request instanceof JsonError
      ? new MalformedRequest(`Cannot read the request: ${request.message}`, "answered")
      : request;
  }

  encode(response: Response): Uint8Array {
    return this.#encoder.encode(`${toJson(Response, response)}\n`);
  }
}

const OPENING_BRACE = 0x7b;

/**
 * Recognises the encoding from the first bytes, then is that encoding. A frame may begin with the
 * byte of `{` as well (lengths 123, 379 …), but its eight length bytes hold zeros, which JSON
 * text never does.
 */
export class RecognisingCodec implements ClientCodec {
  readonly #maxMessage: number;
  #first: Uint8Array | null = new Uint8Array(0);
  #codec: ClientCodec;

  /** `maxMessage`: longest request accepted, in bytes. */
  constructor(maxMessage: number) {
    this.#maxMessage = maxMessage;
    this.#codec = new ProtobufCodec(maxMessage);
  }

  receive(bytes: Uint8Array): void {
    if (this.#first === null) return this.#codec.receive(bytes);
    const first = new Uint8Array(this.#first.length + bytes.length);
    first.set(this.#first);
    first.set(bytes, this.#first.length);
    const choice = recognise(first);
    if (choice === "undecided") {
      this.#first = first;
      return;
    }
    if (choice === "json") this.#codec = new JsonLinesCodec(this.#maxMessage);
    this.#first = null;
    this.#codec.receive(first);
  }

  next(): Request | MalformedRequest | null {
    return this.#first === null ? this.#codec.next() : null;
  }

  get lastSize(): number {
    return this.#codec.lastSize;
  }

  encode(response: Response): Uint8Array {
    return this.#codec.encode(response);
  }
}

function recognise(first: Uint8Array): "json" | "protobuf" | "undecided" {
  if (first.length > 0 && first[0] !== OPENING_BRACE) return "protobuf";
  const prefix = first.subarray(0, FRAME_PREFIX_LENGTH);
  if (prefix.includes(0)) return "protobuf";
  return prefix.length < FRAME_PREFIX_LENGTH ? "undecided" : "json";
}
