// A worker of an earlier main process, as this main process sees it. It is no child of this process: it is
// commanded over its connection to the command socket, which lasts as long as the worker.

import { decode, DecodeError } from "../../../config/codec/protobuf.ts";
import {
  type AdoptWorker,
  type ListenerSocket,
  WorkerResponse,
} from "../../../config/schema/messages.ts";
import { writeAll } from "../../io/net/write_all.ts";
import { WriteQueue } from "../../io/net/write_queue.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { FrameError, FrameReader } from "../../protocol/control/frame.ts";
import { ALIVE_ID, HELLO_ID, MAX_ANSWER_BYTES } from "../../protocol/control/worker_life.ts";
import type { ClientStream } from "../command_socket/client_session.ts";
import type { WorkerChannel } from "../commands/fan_out.ts";
import { workerFrameLength, writeWorkerFrame } from "./frame.ts";

/** Most bytes queued for an adopted worker, which is only asked to hand over and to stop. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

const READ_BYTES = 16 * 1024;

/** What an adopted worker is made of. */
export interface AdoptedWorkerParts {
  /** Differs from every id of this main process's own workers. */
  readonly id: number;
  /** `null` when the kernel does not tell. */
  readonly pid: number | null;
  readonly announcement: AdoptWorker;
  readonly stream: ClientStream;
  /** Longest request, frame and all, in bytes. */
  readonly maxMessage: number;
  readonly onResponse: (response: WorkerResponse) => void;
}

/** The channel to a worker of an earlier main process. */
export class AdoptedWorker implements WorkerChannel {
  readonly id: number;
  readonly pid: number | null;
  readonly listeners: readonly ListenerSocket[];
  /** Resolves when the worker is gone. */
  readonly ended: Promise<void>;
  readonly #parts: AdoptedWorkerParts;
  readonly #queue: WriteQueue;
  readonly #log = loggerOf("supervisor::adoption");
  #closed = false;

  constructor(parts: AdoptedWorkerParts) {
    this.id = parts.id;
    this.pid = parts.pid;
    this.listeners = parts.announcement.listeners;
    this.#parts = parts;
    const { stream } = parts;
    this.#queue = new WriteQueue((bytes) => writeAll(stream, bytes), MAX_BACKLOG_BYTES, () => {});
    this.ended = this.#run();
  }

  send(requestId: string, request: Uint8Array): boolean {
    const length = workerFrameLength(requestId, request);
    const frame = length <= this.#parts.maxMessage ? this.#queue.reserve(length) : null;
    if (frame !== null) writeWorkerFrame(frame, requestId, request);
    return frame !== null;
  }

  /** Ends the process at once, if its pid is known. */
  kill(): void {
    try {
      if (this.pid !== null && this.pid > 0) Deno.kill(this.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
    this.#close();
  }

  async #run(): Promise<void> {
    try {
      await this.#readResponses();
    } catch (error) {
      this.#log.debug("The connection to worker {pid} broke: {error}", { pid: this.pid, error });
    }
    this.#queue.close();
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.stream.close();
  }

  async #readResponses(): Promise<void> {
    const { stream, onResponse } = this.#parts;
    const reader = new FrameReader(MAX_ANSWER_BYTES);
    const buffer = new Uint8Array(READ_BYTES);
    for (let n = await stream.read(buffer); n !== null; n = await stream.read(buffer)) {
      reader.receive(buffer.subarray(0, n));
      for (let frame = reader.nextView(); frame !== null; frame = reader.nextView()) {
        if (frame instanceof FrameError) throw new Error(frame.message);
        const response = decode(WorkerResponse, frame);
        if (response instanceof DecodeError) throw new Error(response.message);
        if (response.id !== ALIVE_ID && response.id !== HELLO_ID) onResponse(response);
      }
    }
  }
}
