// A worker process: its two pipes to the main process, its log, its last line of defence against
// exceptions. What the requests on the pipes mean is the control loop's business, what carries
// traffic the data plane's.

import { decode, DecodeError, encode } from "../config/codec.ts";
import {
  type Event,
  InitialState,
  ResponseStatus,
  ServerConfig,
  WorkerRequest,
  WorkerResponse,
} from "../config/messages.ts";
import { ConfigState } from "../config/state.ts";
import { guardProcess } from "../src/io/process_guard.ts";
import { Slices } from "../src/io/turn.ts";
import { WriteQueue } from "../src/io/write_queue.ts";
import { parseCertificate } from "../src/io/x509.ts";
import { loggerOf } from "../src/observe/log.ts";
import {
  FRAME_PREFIX_LENGTH,
  FrameError,
  FrameReader,
  writeFramePrefix,
} from "../src/protocol/control/frame.ts";
import type { DataPlane } from "./contracts.ts";
import { ControlLoop } from "./control_loop.ts";
import { WorkerLog } from "./worker_log.ts";

/**
 * Longest message from main. Only the initial state comes near it; main holds every other message
 * to the configured size.
 */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

/** Most bytes of answers and events waiting for a main process that does not read. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Builds the data plane once the worker knows its options. */
export type DataPlaneFactory = (
  config: ServerConfig,
  onEvent: (event: Event) => void,
) => DataPlane;

/** Runs a worker on standard input and output; resolves with the exit code. */
export async function runWorkerWith(
  workerId: number,
  createDataPlane: DataPlaneFactory,
): Promise<number> {
  const frames = new FrameSource(Deno.stdin);
  const config = await nextMessage(frames, ServerConfig);
  if (config === null) return 1;
  const worker = new Worker(workerId, config, createDataPlane);
  try {
    const initial = await nextMessage(frames, InitialState);
    if (initial === null) return 1;
    await worker.loop.begin(initial);
    void worker.serve(frames);
    await worker.loop.stopped;
    return 0;
  } finally {
    await worker.flush();
  }
}

/** The parts of this process that live as long as it does. */
class Worker {
  readonly loop: ControlLoop;
  readonly #output: WriteQueue;
  readonly #workerLog: WorkerLog;
  readonly #maxMessage: number;
  readonly #log = loggerOf("worker");

  constructor(id: number, config: ServerConfig, createDataPlane: DataPlaneFactory) {
    this.#maxMessage = Number(config.max_command_buffer_size);
    this.#output = new WriteQueue(writeStandardOutput, MAX_PENDING_BYTES, () => {});
    this.#workerLog = new WorkerLog(id, config);
    this.#guard();
    this.loop = new ControlLoop({
      config,
      state: new ConfigState(parseCertificate),
      dataPlane: createDataPlane(config, (event) => this.#send(ControlLoop.eventMessage(event))),
      respond: (response) => this.#send(response),
      changeLogFilter: this.#workerLog.changeFilter,
    });
  }

  /** Executes what main asks for until it closes the pipe. */
  async serve(frames: FrameSource): Promise<void> {
    const slices = new Slices();
    try {
      for (let frame = await frames.next(); frame !== null;) {
        const request = decode(WorkerRequest, frame);
        if (request instanceof DecodeError) {
          this.#log.error("Undecodable request: {message}", { message: request.message });
        } else {
          await this.loop.handle(request);
        }
        // Thousands of requests may be waiting; the traffic is served in between.
        if (slices.isOver) await slices.pause();
        frame = frames.buffered() ?? await frames.next();
      }
    } catch (error) {
      this.#log.error("Reading from the main process failed: {error}", { error });
    }
    await this.#mainIsGone();
  }

  /** Resolves when all answers and log lines were written. */
  async flush(): Promise<void> {
    await this.#output.flushed();
    await this.#workerLog.output.flushed();
  }

  /** Without a main process nobody can reconfigure or stop this worker: it finishes and leaves. */
  async #mainIsGone(): Promise<void> {
    if (!this.loop.isStopping) {
      this.#log.warn("The main process is gone: finishing the exchanges in progress");
    }
    await this.loop.softStop();
    this.loop.leave();
  }

  #send(response: WorkerResponse): void {
    const payload = encode(WorkerResponse, response);
    const fits = payload.length + FRAME_PREFIX_LENGTH <= this.#maxMessage;
    const sent = fits ? payload : encode(WorkerResponse, {
      id: response.id,
      status: ResponseStatus.FAILURE,
      message: `The answer of ${payload.length} bytes exceeds max_command_buffer_size ` +
        `(${this.#maxMessage})`,
    });
    const frame = this.#output.reserve(sent.length + FRAME_PREFIX_LENGTH);
    if (frame === null) {
      this.#log.error("An answer was dropped: the main process does not read");
    } else frame.set(sent, writeFramePrefix(frame, frame.length));
  }

  /** A mistake in one session must not end the others. */
  #guard(): void {
    guardProcess((what, text, count) =>
      this.#log.error("{what} (number {count}): {text}", { what, text, count })
    );
    // Standard output carries answers: whatever prints must not print there.
    console.log = console.info = console.debug = console.error;
    // The terminal's interrupt reaches the whole process group; main decides what it means.
    Deno.addSignalListener("SIGINT", () => {});
    Deno.addSignalListener("SIGTERM", () => void this.#terminate());
  }

  async #terminate(): Promise<void> {
    await this.loop.softStop();
    this.loop.leave();
  }
}

async function nextMessage<T>(
  frames: FrameSource,
  type: Parameters<typeof decode<T>>[0],
): Promise<T | null> {
  const frame = await frames.next();
  if (frame === null) return null;
  const message = decode(type, frame);
  if (!(message instanceof DecodeError)) return message;
  console.error(`Cannot start the worker: ${message.message}`);
  return null;
}

/** The frames of a stream; a length that makes no sense is skipped, or ends the stream. */
class FrameSource {
  readonly #source: { read(buffer: Uint8Array): Promise<number | null> };
  readonly #reader = new FrameReader(MAX_MESSAGE_BYTES);
  readonly #buffer = new Uint8Array(256 * 1024);
  #ended = false;

  constructor(source: { read(buffer: Uint8Array): Promise<number | null> }) {
    this.#source = source;
  }

  /** The next frame, waiting for it; `null` at the end. */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const frame = this.buffered();
      if (frame !== null) return frame;
      const length = this.#ended ? null : await this.#source.read(this.#buffer);
      if (length === null) return null;
      this.#reader.receive(this.#buffer.subarray(0, length));
    }
  }

  /** The next frame if it has been read already; valid until the one after it is asked for. */
  buffered(): Uint8Array | null {
    while (!this.#ended) {
      const frame = this.#reader.nextView();
      if (!(frame instanceof FrameError)) return frame;
      console.error(frame.message);
      this.#ended = frame.kind === "too_large";
    }
    return null;
  }
}

async function writeStandardOutput(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}
