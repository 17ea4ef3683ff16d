// Newline-delimited messages of the command channel's text encoding: one JSON document a line.
// Bytes in, lines of text out. This file does not know what a line means.

const NEWLINE = 0x0a;
const INITIAL_CAPACITY = 4096;

/** A line that cannot be handed out; the stream cannot be followed any further. */
export class LineError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** Cuts a byte stream into lines. Drain `next()` after every `receive()`. */
export class LineReader {
  readonly #maxLength: number;
  readonly #decoder = new TextDecoder();
  #buffer = new Uint8Array(INITIAL_CAPACITY);
  #start = 0;
  #end = 0;
  /** Up to here the buffer was already searched for the end of the current line. */
  #searched = 0;

  /** `maxLength`: the longest line accepted, in bytes, without its newline. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Stores bytes of the stream; the caller may reuse `bytes` afterwards. */
  receive(bytes: Uint8Array): void {
    const pending = this.#end - this.#start;
    if (this.#buffer.length - this.#end < bytes.length) {
      const needed = pending + bytes.length;
      const target = needed > this.#buffer.length || needed * 4 < this.#buffer.length
        ? new Uint8Array(Math.max(INITIAL_CAPACITY, needed, pending * 2))
        : this.#buffer;
      target.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = target;
      this.#searched -= this.#start;
      this.#start = 0;
      this.#end = pending;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next line that is not blank, `null` when more bytes are needed, or what is wrong. */
  next(): string | LineError | null {
    while (true) {
      const found = this.#buffer.subarray(0, this.#end).indexOf(NEWLINE, this.#searched);
      const length = (found < 0 ? this.#end : found) - this.#start;
      if (length > this.#maxLength) {
        return new LineError(`Line exceeds the maximum of ${this.#maxLength} bytes`);
      }
      if (found < 0) {
        this.#searched = this.#end;
        return null;
      }
      const line = this.#decoder.decode(this.#buffer.subarray(this.#start, found)).trim();
      this.#start = found + 1;
      this.#searched = this.#start;
      if (line !== "") return line;
    }
  }

  /** Bytes received and not yet handed out. */
  get pending(): number {
    return this.#end - this.#start;
  }
}
