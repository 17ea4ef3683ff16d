// A byte stream as a Duplex of the Node.js library, for parts of that library that need one.

import { Duplex } from "node:stream";
import type { ByteStream } from "../contracts.ts";
import { writeAll } from "./write_all.ts";

const READ_BYTES = 16 * 1024;

/** Reads and writes a {@link ByteStream}; destroying it closes that. */
export class DuplexBridge extends Duplex {
  readonly #stream: ByteStream;
  readonly #buffer = new Uint8Array(READ_BYTES);

  constructor(stream: ByteStream) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    // An error destroys it; no listener is needed.
    this.on("error", () => {});
  }

  override _read(): void {
    this.#stream.read(this.#buffer).then(
      (count) => this.push(count === 0 ? null : this.#buffer.slice(0, count)),
      (error: Error) => this.destroy(error),
    );
  }

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    writeAll(this.#stream, chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.closeWrite().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream.close();
    done(error);
  }
}
