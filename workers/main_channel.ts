// The channel from a worker to its main process: the build of the worker, signs of life, and answers. It
// frames and bounds them and does not know what they mean.

import { encode } from "../config/codec/protobuf.ts";
import { ResponseStatus, WorkerResponse } from "../config/schema/messages.ts";
import { writeAll } from "../src/io/net/write_all.ts";
import { WriteQueue } from "../src/io/net/write_queue.ts";
import { FRAME_PREFIX_LENGTH, writeFramePrefix } from "../src/protocol/control/frame.ts";
import {
  ALIVE_ID,
  BEAT_MS,
  HELLO_ID,
  MAX_ANSWER_BYTES,
} from "../src/protocol/control/worker_life.ts";

/** Most bytes of answers and events queued for a main process that does not read. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** The outgoing half of the channel. */
export class MainChannel {
  readonly #output: WriteQueue;
  readonly #beat: ReturnType<typeof setInterval>;

  /**
   * Sends `build` and then signs of life. `write` resolves when all bytes were written; by default it
   * writes to standard output.
   */
  constructor(
    build: string,
    write: (bytes: Uint8Array) => Promise<void> = (bytes) => writeAll(Deno.stdout, bytes),
  ) {
    this.#output = new WriteQueue(write, MAX_PENDING_BYTES, () => {});
    this.send({ id: HELLO_ID, status: ResponseStatus.PROCESSING, message: build });
    this.#beat = setInterval(
      () => this.send({ id: ALIVE_ID, status: ResponseStatus.PROCESSING, message: "" }),
      BEAT_MS,
    );
  }

  /**
   * Queues an answer. An answer that is too long is replaced by a FAILURE that says so. `false` when the
   * queue is full or the channel is closed.
   */
  send(response: WorkerResponse): boolean {
    const payload = encode(WorkerResponse, response);
    if (payload.length + FRAME_PREFIX_LENGTH > MAX_ANSWER_BYTES) {
      return this.send({
        id: response.id,
        status: ResponseStatus.FAILURE,
        message: `The answer of ${payload.length} bytes is too long, accepted: ${MAX_ANSWER_BYTES}`,
      });
    }
    const frame = this.#output.reserve(payload.length + FRAME_PREFIX_LENGTH);
    frame?.set(payload, writeFramePrefix(frame, frame.length));
    return frame !== null;
  }

  /** The main process has ended: nothing is sent any more. */
  close(): void {
    clearInterval(this.#beat);
    this.#output.close();
  }

  /** Resolves when everything queued was written or dropped. */
  flushed(): Promise<void> {
    return this.#output.flushed();
  }
}
