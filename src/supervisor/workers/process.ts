// One worker process, as the main process sees it: frames of requests and answers on its pipes, a bounded queue, and
// detection of a worker that hangs or has ended. The pool decides about restarts.

import { MAX_WORKER_BACKLOG_BYTES } from "../../../config/defaults.ts";
import { decode, DecodeError, encode } from "../../../config/codec/protobuf.ts";
import {
  InitialState,
  RunState,
  ServerConfig,
  type UnopenedListener,
  WorkerResponse,
} from "../../../config/schema/messages.ts";
import type { PipedProcess } from "../../io/process/child.ts";
import { processorUse } from "../../io/process/facts.ts";
import { WriteQueue } from "../../io/net/write_queue.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { safeText } from "../../observe/log/safe_text.ts";
import { encodeFrame, FrameError, FrameReader } from "../../protocol/control/frame.ts";
import {
  ALIVE_ID,
  BEAT_MS,
  HELLO_ID,
  MAX_ANSWER_BYTES,
} from "../../protocol/control/worker_life.ts";
import { deathOf, type Verdict, type WorkerDeath } from "./death.ts";
import { workerFrameLength, writeWorkerFrame } from "./frame.ts";
import { HANG_LOOKS, Liveness, START_LOOKS } from "./liveness.ts";

/** What a worker process reports to its owner. */
export interface WorkerObserver {
  /** The worker runs the build of main and waits for {@link WorkerProcess.begin}. */
  onGreeted(worker: WorkerProcess): void;
  onResponse(worker: WorkerProcess, response: WorkerResponse): void;
  /** The process has ended and was reaped. */
  onEnded(worker: WorkerProcess, death: WorkerDeath): void;
}

/** What main expects of a worker. */
export interface WorkerTerms {
  /** Longest request with its frame, in bytes; only the state may be longer. */
  readonly maxMessage: number;
  /** The build it must run. */
  readonly build: string;
}

/** The phases of a worker. */
export type WorkerPhase =
  /** It has not sent its build yet. */
  | "greeting"
  /** It takes in its options and the state; requests are queued until then. */
  | "loading"
  /** It has the state and carries traffic. */
  | "serving";

/** A worker and the channel to it. */
export class WorkerProcess {
  readonly id: number;
  readonly pid: number;
  runState: RunState = RunState.RUNNING;
  phase: WorkerPhase = "greeting";
  /** The active listeners for which it has no socket, by its last report. */
  unopened: readonly UnopenedListener[] = [];
  readonly #process: PipedProcess;
  readonly #observer: WorkerObserver;
  readonly #terms: WorkerTerms;
  readonly #liveness = new Liveness();
  readonly #queue: WriteQueue;
  readonly #started = performance.now();
  readonly #log = loggerOf("supervisor::worker");
  #verdict: Verdict | null = null;

  constructor(id: number, process: PipedProcess, terms: WorkerTerms, observer: WorkerObserver) {
    this.id = id;
    this.pid = process.pid;
    this.#process = process;
    this.#terms = terms;
    this.#observer = observer;
    this.#queue = new WriteQueue(
      (bytes) => process.write(bytes),
      MAX_WORKER_BACKLOG_BYTES,
      // A closed pipe means that the process ends, which the end of its output shows as well.
      () => {},
    );
    void this.#run();
  }

  /** Resolves when the process has ended and was reaped. */
  get ended(): Promise<unknown> {
    return this.#process.ended;
  }

  /** Sends the options and the whole state, which come before any request. */
  begin(config: ServerConfig, state: InitialState): boolean {
    this.phase = "loading";
    return this.#queue.push(encodeFrame(encode(ServerConfig, config))) &&
      this.#queue.push(encodeFrame(encode(InitialState, state)));
  }

  /**
   * Queues an encoded request under an ASCII id; `false` when it is too long or the queue
   * is full or the worker has ended.
   */
  send(requestId: string, request: Uint8Array): boolean {
    const length = workerFrameLength(requestId, request);
    const frame = length <= this.#terms.maxMessage ? this.#queue.reserve(length) : null;
    if (frame === null) return false;
    writeWorkerFrame(frame, requestId, request);
    return true;
  }

  /** Kills the process; with a verdict when main had not asked it to stop. */
  kill(verdict: Verdict | null = null): void {
    this.#verdict ??= verdict;
    this.#process.kill("SIGKILL");
  }

  /** Sends a signal; no error when the process has ended. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Called every {@link BEAT_MS}: kills a worker that counts as hung. */
  look(): void {
    if (this.#verdict !== null || !this.#liveness.look(() => processorUse(this.pid))) return;
    const looks = this.phase === "greeting" ? START_LOOKS : HANG_LOOKS;
    this.kill({ cause: "hung", text: `gave no sign of life for ${looks * BEAT_MS} ms` });
  }

  async #run(): Promise<void> {
    try {
      await this.#readResponses();
    } catch (error) {
      this.#log.error("Reading from worker {id} failed: {error}", { id: this.id, error });
    }
    // A process without output cannot answer and is killed; one that has ended is not affected.
    this.kill();
    this.#queue.close();
    const end = await this.#process.ended;
    this.runState = RunState.STOPPED;
    const livedMs = performance.now() - this.#started;
    this.#observer.onEnded(this, deathOf(end, this.#verdict, livedMs));
  }

  async #readResponses(): Promise<void> {
    const reader = new FrameReader(MAX_ANSWER_BYTES);
    for (let bytes = await this.#process.read(); bytes; bytes = await this.#process.read()) {
      this.#liveness.signOfLife();
      reader.receive(bytes);
      for (let frame = reader.nextView(); frame !== null; frame = reader.nextView()) {
        if (frame instanceof FrameError) {
          this.#log.error("Worker {id}: {message}", { id: this.id, message: frame.message });
          if (frame.kind === "too_large") return this.#refuse(`sent nonsense: ${frame.message}`);
          continue;
        }
        const response = decode(WorkerResponse, frame);
        if (response instanceof DecodeError) {
          this.#log.error("Worker {id} sent an undecodable answer: {message}", {
            id: this.id,
            message: response.message,
          });
        } else if (this.phase === "greeting") this.#greet(response);
        else if (response.id !== ALIVE_ID) this.#observer.onResponse(this, response);
      }
    }
  }

  /** A worker of another build could read the same bytes differently, so it is refused. */
  #greet({ id, message }: WorkerResponse): void {
    if (id !== HELLO_ID) return this.#refuse("did not say which program it is");
    const { build } = this.#terms;
    if (message === build) return this.#observer.onGreeted(this);
    this.#refuse(
      `runs build ${safeText(message)} and main ${build}: the program on disk was replaced; ` +
        '"sozu upgrade" replaces main and all workers by it',
    );
  }

  #refuse(text: string): void {
    this.kill({ cause: "refused", text });
  }
}
