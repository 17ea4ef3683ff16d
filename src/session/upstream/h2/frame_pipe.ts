// The bytes of one connection of HTTP/2 to a backend: what comes is handed to the core, and what the core has to
// say is written.

import type { ByteStream } from "../../../io/contracts.ts";
import type { Counters } from "../../../observe/metrics/counters.ts";
import type { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import { reportDefect } from "../../defect.ts";
import type { BulkTurns } from "../../timing/bulk_turns.ts";
import type { DeadlineWheel } from "../../timing/deadline_wheel.ts";
import type { TurnQueue } from "../../timing/turn_queue.ts";
import { FrameWriter, type WriterOwner } from "./frame_writer.ts";
import type { StreamOwner } from "./stream_owner.ts";

/** What a pipe needs of its worker. */
export interface PipeParts {
  readonly wheel: Pick<DeadlineWheel, "now">;
  readonly counters: Counters;
  readonly bulkTurns: Pick<BulkTurns, "take">;
  readonly turns: TurnQueue;
}

/** Is told what goes through. */
export interface PipeOwner {
  /** Bytes have come. */
  heard(): void;
  /** The core has had frames, or has given some. */
  moved(): void;
  /** Nothing more is written: the connection is over, or broke for `reason`. */
  ended(reason: unknown): void;
}

const NOT_HTTP2 = "it does not speak HTTP/2";

/** Reads and writes one connection. */
export class FramePipe implements WriterOwner {
  readonly #stream: ByteStream;
  readonly #core: H2Connection<StreamOwner>;
  readonly #parts: PipeParts;
  readonly #owner: PipeOwner;
  readonly #writer: FrameWriter<StreamOwner>;
  #closed = false;
  /** Wakes the reader, which waits for a write. */
  #onWritten: (() => void) | null = null;

  constructor(
    stream: ByteStream,
    core: H2Connection<StreamOwner>,
    parts: PipeParts,
    owner: PipeOwner,
  ) {
    this.#stream = stream;
    this.#core = core;
    this.#parts = parts;
    this.#owner = owner;
    this.#writer = new FrameWriter(core, stream, parts, this);
  }

  /** Reads into `input` until the connection ends; rejects when it breaks. */
  async read(input: Uint8Array): Promise<void> {
    const { bulkTurns } = this.#parts;
    const core = this.#core;
    let end = 0;
    for (;;) {
      const count = await this.#stream.read(end === 0 ? input : input.subarray(end));
      if (count === 0 || this.#closed) return;
      this.#owner.heard();
      end = this.#receive(input, end + count);
      while (core.isCongested && !core.isOver) {
        await this.#nextWrite();
        end = this.#receive(input, end);
      }
      if (core.isDead) return;
      if (core.wasGoaway) return await this.#writeLast();
      if (count < input.length / 2) continue;
      const turn = bulkTurns.take();
      if (turn !== null) await turn;
    }
  }

  /** There is something to write. */
  wantsWrite(): void {
    this.#writer.wake();
  }

  taken(): void {
    this.#owner.moved();
  }

  wrote(): void {
    this.#wakeReader();
    if (this.#core.isOver) this.#owner.ended(NOT_HTTP2);
  }

  writeFailed(error: unknown): void {
    reportDefect(error, this.#parts.counters, "Backend connection");
    this.#owner.ended(error);
    this.#wakeReader();
  }

  /** Closes at once. */
  close(): void {
    this.#closed = true;
    this.#stream.close();
    this.#wakeReader();
  }

  /** Hands `input[0, end)` over; what is left of it then begins at the front. */
  #receive(input: Uint8Array, end: number): number {
    const at = this.#core.receive(input, 0, end, this.#parts.wheel.now);
    this.#owner.moved();
    if (at === end) return 0;
    if (at > 0) input.copyWithin(0, at, end);
    return end - at;
  }

  /** What says why the connection ends is written, if the backend takes it. */
  async #writeLast(): Promise<void> {
    while (!this.#core.isOver) await this.#nextWrite();
  }

  #nextWrite(): Promise<void> {
    return new Promise((resolve) => this.#onWritten = resolve);
  }

  #wakeReader(): void {
    const wake = this.#onWritten;
    this.#onWritten = null;
    wake?.();
  }
}
