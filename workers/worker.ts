// A worker process: the channel to its main process, its log, and the handler of uncaught exceptions. The
// control loop executes the requests that come on the channel; the data plane carries the traffic.

import { decode, DecodeError } from "../config/codec/protobuf.ts";
import {
  type Event,
  InitialState,
  ServerConfig,
  WorkerRequest,
  type WorkerResponse,
} from "../config/schema/messages.ts";
import { ConfigState } from "../config/state/state.ts";
import { guardProcess } from "../src/io/process/guard.ts";
import { Slices } from "../src/io/net/turn.ts";
import { parseCertificate } from "../src/io/x509/certificate.ts";
import { loggerOf } from "../src/observe/log/log.ts";
import type { DataPlane } from "../src/proxy/contract.ts";
import { ControlLoop } from "../src/proxy/control_loop.ts";
import { runtimeParts } from "../src/proxy/runtime_parts.ts";
import { FrameSource } from "./frame_source.ts";
import { MainChannel } from "./main_channel.ts";
import { NextMain } from "./next_main.ts";
import { WorkerLog } from "./worker_log.ts";

/** Builds the data plane from the options that the main process sent. */
export type DataPlaneFactory = (
  config: ServerConfig,
  onEvent: (event: Event) => void,
  log: WorkerLog,
) => DataPlane;

/** The identity of a worker. */
export interface WorkerIdentity {
  readonly id: number;
  /** The build it runs; a main process accepts only workers of its own build. */
  readonly build: string;
  /** The command socket of the next main process, once this one has ended; `null`: none is looked for. */
  readonly commandSocket: string | null;
  /** How long a soft stop without a main process may take, in milliseconds; 0 means for ever. */
  readonly softStopMs: number;
}

/** Runs a worker on standard input and output; resolves with the exit code. */
export async function runWorkerWith(
  identity: WorkerIdentity,
  createDataPlane: DataPlaneFactory,
): Promise<number> {
  let worker: Worker | null = null;
  // The default action of SIGUSR1 ends a process, and main may send it from now on.
  Deno.addSignalListener("SIGUSR1", () => worker?.reopenLogs());
  // A terminal sends these signals to the whole process group; main decides what they mean.
  for (const signal of ["SIGINT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});
  const channel = new MainChannel(identity.build);
  const frames = new FrameSource(Deno.stdin);
  const config = await nextMessage(frames, ServerConfig);
  if (config === null) return 1;
  worker = new Worker(identity, config, channel, createDataPlane);
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

/** The parts of this process. */
class Worker {
  readonly loop: ControlLoop;
  readonly #identity: WorkerIdentity;
  #channel: MainChannel;
  readonly #workerLog: WorkerLog;
  readonly #log = loggerOf("worker");

  constructor(
    identity: WorkerIdentity,
    config: ServerConfig,
    channel: MainChannel,
    createDataPlane: DataPlaneFactory,
  ) {
    this.#identity = identity;
    this.#channel = channel;
    this.#workerLog = new WorkerLog(identity.id, config);
    this.#guard();
    this.loop = new ControlLoop({
      config,
      state: new ConfigState(parseCertificate),
      parts: runtimeParts(),
      dataPlane: createDataPlane(
        config,
        (event) => this.#send(ControlLoop.eventMessage(event)),
        this.#workerLog,
      ),
      respond: (response) => this.#send(response),
      changeLogFilter: this.#workerLog.changeFilter,
    });
  }

  /** Executes the requests of main, then those of each later main process, until the worker must end. */
  async serve(frames: FrameSource): Promise<void> {
    await this.#execute(frames);
    const { commandSocket, id, build } = this.#identity;
    const next = commandSocket === null ? null : new NextMain(commandSocket);
    while (next !== null && !this.loop.isStopping) {
      this.#channel.close();
      const command = await next.find(
        () => ({ id, build, listeners: this.loop.activeListeners() }),
        () => this.loop.isStopping,
      );
      if (command === null) break;
      this.#channel = new MainChannel(build, command.write);
      await this.#execute(command.frames);
      command.close();
    }
    await this.#stopAlone("The main process is gone");
  }

  /** Executes requests until the channel ends. */
  async #execute(frames: FrameSource): Promise<void> {
    const slices = new Slices();
    try {
      for (let frame = await frames.next(); frame !== null;) {
        const request = decode(WorkerRequest, frame);
        if (request instanceof DecodeError) {
          this.#log.error("Undecodable request: {message}", { message: request.message });
        } else {
          await this.loop.handle(request);
        }
        // Thousands of requests may be queued; traffic is served between slices of them.
        if (slices.isOver) await slices.pause();
        frame = frames.buffered() ?? await frames.next();
      }
    } catch (error) {
      this.#log.error("Reading from the main process failed: {error}", { error });
    }
  }

  /** Opens the files of the logs anew, after log rotation moved them away. */
  reopenLogs(): void {
    this.#workerLog.reopen();
  }

  /** Resolves when all answers and log lines were written. */
  async flush(): Promise<void> {
    await this.#channel.flushed();
    await this.#workerLog.flushed();
  }

  /** Stops softly without a main process: finishes the exchanges in progress, then ends. */
  async #stopAlone(reason: string): Promise<void> {
    if (!this.loop.isStopping) {
      this.#log.warn("{reason}: finishing the exchanges in progress", { reason });
    }
    const { softStopMs } = this.#identity;
    const timer = softStopMs > 0 ? setTimeout(() => this.loop.hardStop(), softStopMs) : undefined;
    await this.loop.softStop();
    clearTimeout(timer);
    this.loop.leave();
  }

  #send(response: WorkerResponse): void {
    if (!this.#channel.send(response)) {
      this.#log.error("An answer was dropped: the main process does not read");
    }
  }

  /** An exception of one session must not end the others. */
  #guard(): void {
    guardProcess((what, text, count) =>
      this.#log.error("{what} (number {count}): {text}", { what, text, count })
    );
    // Standard output carries the answers to main: nothing else may be printed there.
    console.log = console.info = console.debug = console.error;
    Deno.addSignalListener("SIGTERM", () => {
      if (this.loop.isStopping) this.loop.hardStop();
      else void this.#stopAlone("Told to stop");
    });
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
