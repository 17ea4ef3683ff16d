// Writes what a connection of HTTP/2 has to say: the frames of all its streams that became ready in one turn
// of the event loop go out in one write, and one write is under way at a time.

import type { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import type { WritingEnd } from "../../sole_reader.ts";
import type { TurnQueue } from "../../timing/turn_queue.ts";
import { writeRest } from "../../write_rest.ts";

/** What the writer needs of a worker. */
export interface WriterParts {
  readonly turns: TurnQueue;
  readonly wheel: { readonly now: number };
}

/** Is told how writing goes. */
export interface WriterOwner {
  /** What the connection had to say has been taken, and will be written. */
  taken?(): void;
  /** So many bytes were written; 0 when there was nothing to write. */
  wrote(count: number): void;
  /** The stream is lost. Nothing is written any more. */
  writeFailed(error: unknown): void;
}

/** Writes for one connection. */
export class FrameWriter<O> {
  /** Since when a write has been under way, in milliseconds; `Infinity` for none. */
  since = Infinity;
  readonly #connection: H2Connection<O>;
  readonly #stream: Pick<WritingEnd, "write">;
  readonly #parts: WriterParts;
  readonly #owner: WriterOwner;
  /** Its place at the end of the turn is taken. */
  #scheduled = false;
  /** There is something to write behind the write that is under way. */
  #wants = false;
  #failed = false;

  constructor(
    connection: H2Connection<O>,
    stream: Pick<WritingEnd, "write">,
    parts: WriterParts,
    owner: WriterOwner,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#parts = parts;
    this.#owner = owner;
  }

  /** The connection has something to write. */
  wake(): void {
    if (this.since !== Infinity) this.#wants = true;
    else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#parts.turns.add(this.#flush);
    }
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#failed) return;
    const { now } = this.#parts.wheel;
    const bytes = this.#connection.take(now);
    this.#owner.taken?.();
    if (bytes === null) return this.#owner.wrote(0);
    this.since = now;
    void this.#write(bytes);
  };

  async #write(bytes: Uint8Array): Promise<void> {
    const stream = this.#stream;
    try {
      const written = await stream.write(bytes);
      if (written < bytes.length) await writeRest(stream, bytes, written, bytes.length);
    } catch (error) {
      this.#failed = true;
      this.#owner.writeFailed(error);
    }
    this.since = Infinity;
    this.#connection.written();
    if (this.#failed) return;
    if (this.#wants) {
      this.#wants = false;
      this.wake();
    }
    this.#owner.wrote(bytes.length);
  }
}
