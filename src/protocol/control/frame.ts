// Framing of the command channel: an 8-byte little-endian length that counts itself, then one
// protobuf message. Used on the command socket and between the main process and its workers.
// This file knows bytes only: not what a message means, nor where its bytes come from.
//
// Strategy: one growing buffer between two offsets. Received bytes are appended once, complete
// frames are copied out once, and what is left moves to the front only when room is needed, so the
// work is linear however the stream was cut. A declared length is judged before any growth.

/** Bytes of the length prefix, which the declared length includes. */
export const FRAME_PREFIX_LENGTH = 8;

/** First size of a reader's buffer; it returns to it once a larger message has been taken out. */
const INITIAL_CAPACITY = 4096;

/** A frame whose declared length cannot be honoured. */
export class FrameError {
  /**
   * `too_short`: less than the prefix itself; the prefix was dropped and reading can go on.
   * `too_large`: over the reader's limit; the stream cannot be followed any further.
   */
  readonly kind: "too_short" | "too_large";
  /** The length the peer declared, prefix included. */
  readonly declared: number;
  readonly message: string;

  constructor(kind: "too_short" | "too_large", declared: number, message: string) {
    this.kind = kind;
    this.declared = declared;
    this.message = message;
  }
}

/** Cuts a byte stream into frames. Drain `next()` after every `receive()`. */
export class FrameReader {
  readonly #maxLength: number;
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;

  /** `maxLength`: the longest frame accepted, in bytes, prefix included. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
    this.#buffer = new Uint8Array(INITIAL_CAPACITY);
  }

  /** Stores bytes of the stream; the caller may reuse `bytes` afterwards. */
  receive(bytes: Uint8Array): void {
    if (this.#buffer.length - this.#end < bytes.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /**
   * The payload of the next complete frame (a copy, prefix removed), `null` when more bytes are
   * needed, or what is wrong. A `too_short` length is consumed with its prefix; a `too_large` one
   * is not, so it is reported again by every later call.
   */
  next(): Uint8Array | FrameError | null {
    const frame = this.nextView();
    return frame instanceof Uint8Array ? frame.slice() : frame;
  }

  /** Like `next`, but the payload is this reader's own memory: use it before the next `receive`. */
  nextView(): Uint8Array | FrameError | null {
    const available = this.#end - this.#start;
    if (available < FRAME_PREFIX_LENGTH) {
      this.#shrink();
      return null;
    }
    const declared = readLength(this.#buffer, this.#start);
    if (declared < FRAME_PREFIX_LENGTH) {
      this.#start += FRAME_PREFIX_LENGTH;
      return new FrameError(
        "too_short",
        declared,
        `Frame length ${declared} is shorter than its own prefix of ${FRAME_PREFIX_LENGTH} bytes`,
      );
    }
    if (declared > this.#maxLength) {
      return new FrameError(
        "too_large",
        declared,
        `Frame length ${declared} exceeds the maximum of ${this.#maxLength} bytes`,
      );
    }
    if (available < declared) {
      this.#shrink();
      return null;
    }
    const start = this.#start;
    this.#start += declared;
    return this.#buffer.subarray(start + FRAME_PREFIX_LENGTH, start + declared);
  }

  /** Bytes received and not yet handed out: not zero at the end of a stream means it was cut. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /** Bytes this reader holds in memory. */
  get capacity(): number {
    return this.#buffer.length;
  }

  #makeRoom(extra: number): void {
    const pending = this.#end - this.#start;
    const needed = pending + extra;
    if (needed > this.#buffer.length) {
      // Doubling keeps the copies linear in the bytes received.
      this.#moveInto(new Uint8Array(Math.max(needed, this.#buffer.length * 2)));
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#start = 0;
      this.#end = pending;
    }
  }

  #shrink(): void {
    const pending = this.#end - this.#start;
    if (this.#buffer.length > INITIAL_CAPACITY && pending * 4 < INITIAL_CAPACITY) {
      // A large message under way would only grow the buffer again: wait for its end.
      if (pending >= FRAME_PREFIX_LENGTH && this.#expectsLargeFrame()) return;
      this.#moveInto(new Uint8Array(INITIAL_CAPACITY));
    }
  }

  #expectsLargeFrame(): boolean {
    return readLength(this.#buffer, this.#start) > INITIAL_CAPACITY;
  }

  #moveInto(target: Uint8Array): void {
    target.set(this.#buffer.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = target;
  }
}

/** One frame holding `payload`. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  const length = payload.length + FRAME_PREFIX_LENGTH;
  const frame = new Uint8Array(length);
  frame.set(payload, writeFramePrefix(frame, length));
  return frame;
}

/** Writes the prefix of a frame of `length` bytes to the start of `frame`; returns where it ends. */
export function writeFramePrefix(frame: Uint8Array, length: number): number {
  let rest = length;
  for (let i = 0; i < FRAME_PREFIX_LENGTH; i++) {
    frame[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return FRAME_PREFIX_LENGTH;
}

/** The declared length; past 2^53 it is not exact any more, and over every limit anyway. */
function readLength(buffer: Uint8Array, at: number): number {
  let length = 0;
  for (let i = FRAME_PREFIX_LENGTH - 1; i >= 0; i--) {
    length = length * 256 + (buffer[at + i] as number);
  }
  return length;
}
