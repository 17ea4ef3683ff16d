// A stream of HTTP/2 that has become a tunnel, as a stream of bytes: what pipes a connection of HTTP/1.1 pipes
// this as well.

import type { ByteStream } from "../../../../io/contracts.ts";
import { BodyEnd, type BodySink, type BodySource } from "../../body.ts";

/** The bytes of one stream. */
export class StreamBytes implements ByteStream {
  readonly #body: BodySource;
  readonly #sink: BodySink;
  /** What came and was not read. */
  #piece: Uint8Array = NOTHING;
  #closed = false;

  /** `body` are the bytes that come, `sink` takes those that go, and ends the stream when aborted. */
  constructor(body: BodySource, sink: BodySink) {
    this.#body = body;
    this.#sink = sink;
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.#piece.length === 0) {
      const piece = await this.#body.next();
      if (piece === null) return this.#atEnd();
      this.#piece = piece;
    }
    const count = Math.min(into.length, this.#piece.length);
    into.set(this.#piece.subarray(0, count));
    this.#piece = this.#piece.subarray(count);
    this.#body.taken(count);
    return count;
  }

  async write(from: Uint8Array): Promise<number> {
    if (this.#closed || (from.length > 0 && !(await this.#sink.write(from)))) throw gone();
    return from.length;
  }

  async closeWrite(): Promise<void> {
    if (!(await this.#sink.end(null))) throw gone();
  }

  close(): void {
    this.#closed = true;
    this.#sink.abort();
  }

  #atEnd(): number {
    if (this.#closed || this.#body.ended !== BodyEnd.COMPLETE) throw gone();
    return 0;
  }
}

function gone(): Error {
  return new Error("The stream is gone");
}

const NOTHING = new Uint8Array(0);
