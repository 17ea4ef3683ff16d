// One worker process as the main process sees it: its pipes framed into requests and answers, its
// backlog bounded, its end noticed and reaped. Decides nothing about restarts or tasks.

import { decode, DecodeError, encode } from "../../config/codec.ts";
import { InitialState, RunState, ServerConfig, WorkerResponse } from "../../config/messages.ts";
import type { PipedProcess, ProcessEnd } from "../io/process.ts";
import { WriteQueue } from "../io/write_queue.ts";
import { loggerOf } from "../observe/log.ts";
import { encodeFrame, FrameError, FrameReader } from "../protocol/control/frame.ts";
import { workerFrameLength, writeWorkerFrame } from "./worker_frame.ts";

/**
 * Most bytes waiting for one worker. A worker that hangs while commands keep coming would otherwise
 * make main grow; a whole state of a hundred thousand objects still fits several times.
 */
const MAX_BACKLOG_BYTES = 256 * 1024 * 1024;

/** What a worker's owner is told. */
export interface WorkerObserver {
  onResponse(worker: WorkerProcess, response: WorkerResponse): void;
  /** The process has ended and was reaped; `livedMs` since it was started. */
  onEnded(worker: WorkerProcess, end: ProcessEnd, livedMs: number): void;
}

/** A worker and the channel to it. */
export class WorkerProcess {
  readonly id: number;
  readonly pid: number;
  runState: RunState = RunState.RUNNING;
  readonly #process: PipedProcess;
  readonly #observer: WorkerObserver;
  readonly #maxMessage: number;
  readonly #queue: WriteQueue;
  readonly #started = performance.now();
  readonly #log = loggerOf("supervisor::worker");

  /** `maxMessage`: longest frame in either direction, in bytes; only the state may be longer. */
  constructor(id: number, process: PipedProcess, maxMessage: number, observer: WorkerObserver) {
    this.id = id;
    this.pid = process.pid;
    this.#process = process;
    this.#maxMessage = maxMessage;
    this.#observer = observer;
    this.#queue = new WriteQueue(
      (bytes) => process.write(bytes),
      MAX_BACKLOG_BYTES,
      // A closed pipe means the process is ending, which its output tells as well.
      () => {},
    );
    void this.#run();
  }

  /** Resolves when the process has ended and was reaped. */
  get ended(): Promise<ProcessEnd> {
    return this.#process.ended;
  }

  /** Sends what a worker needs before anything else: its options and the whole state. */
  begin(config: ServerConfig, state: InitialState): boolean {
    return this.#queue.push(encodeFrame(encode(ServerConfig, config))) &&
      this.#queue.push(encodeFrame(encode(InitialState, state)));
  }

  /**
   * Queues an encoded request under an ASCII id; `false` when it is too long or the worker is too far
   * behind or gone.
   */
  send(requestId: string, request: Uint8Array): boolean {
    const length = workerFrameLength(requestId, request);
    const frame = length <= this.#maxMessage ? this.#queue.reserve(length) : null;
    if (frame === null) return false;
    writeWorkerFrame(frame, requestId, request);
    return true;
  }

  /** Ends the process at once. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  async #run(): Promise<void> {
    try {
      await this.#readResponses();
    } catch (error) {
      this.#log.error("Reading from worker {id} failed: {error}", { id: this.id, error });
    }
    // Without its output the process is of no use, whatever it is doing; a dead one is not hurt.
    this.kill();
    this.#queue.close();
    const end = await this.#process.ended;
    this.runState = RunState.STOPPED;
    this.#observer.onEnded(this, end, performance.now() - this.#started);
  }

  async #readResponses(): Promise<void> {
    const reader = new FrameReader(this.#maxMessage);
    for (let bytes = await this.#process.read(); bytes; bytes = await this.#process.read()) {
      reader.receive(bytes);
      for (let frame = reader.nextView(); frame !== null; frame = reader.nextView()) {
        if (frame instanceof FrameError) {
          this.#log.error("Worker {id}: {message}", { id: this.id, message: frame.message });
          if (frame.kind === "too_large") return;
          continue;
        }
        const response = decode(WorkerResponse, frame);
        if (response instanceof DecodeError) {
          this.#log.error("Worker {id} sent an undecodable answer: {message}", {
            id: this.id,
            message: response.message,
          });
        } else {
          this.#observer.onResponse(this, response);
        }
      }
    }
  }
}
