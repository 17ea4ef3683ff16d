// The main process at work: state, workers, clients and events joined together. Everything it does
// on behalf of a client is in the verbs; how it comes to life is in start.ts.

import { encode } from "../../config/codec.ts";
import { type Config, serverConfig } from "../../config/file.ts";
import {
  EventKind,
  MetricDetail,
  Request,
  ResponseStatus,
  RunState,
  type WorkerResponse,
} from "../../config/messages.ts";
import { ConfigState } from "../../config/state.ts";
import { type ProcessEnd, spawnPiped } from "../io/process.ts";
import type { UnixListener } from "../io/unix_socket.ts";
import { parseCertificate } from "../io/x509.ts";
import { loggerOf } from "../observe/log.ts";
import { UlidSource } from "../protocol/http/ulid.ts";
import { openAuditTrail } from "./audit_open.ts";
import { applyLeniently, type BatchRecord, describeRefusals } from "./batch.ts";
import { AutomaticSave } from "./automatic_save.ts";
import { CommandServer } from "./command_server.ts";
import { EventHub } from "./event_hub.ts";
import { Gatherer } from "./gather.ts";
import type { FileSource, MainContext } from "./main_context.ts";
import { MutationOrder } from "./mutation_order.ts";
import type { ProcessLog } from "./process_log.ts";
import { keepUnreadable, loadState, saveState } from "./saved_state.ts";
import { currentImage, selfCommand } from "./self_command.ts";
import { RuntimeRequests } from "./runtime_requests.ts";
import { Verbs } from "./verbs.ts";
import { stopWorkers } from "./verbs_lifecycle.ts";
import { describeEnd, WorkerPool } from "./worker_pool.ts";
import { WorkerProcess } from "./worker_process.ts";

/** How long stopped workers may take to leave before they are killed, in milliseconds. */
const LEAVE_MS = 2_000;

const INITIAL_STATUS = "INITIAL-STATUS-";
const STATUS: Request = { request_type: { kind: "status", value: {} } };

/** Milliseconds since 1970, with fractions. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

/** What a supervisor is made of. */
export interface SupervisorParts {
  readonly config: Config;
  readonly files: FileSource;
  readonly log: ProcessLog;
  readonly listener: UnixListener;
}

/** The main process. */
export class Supervisor {
  readonly #config: Config;
  readonly #processLog: ProcessLog;
  readonly #context: MainContext;
  readonly #server: CommandServer;
  readonly #save: AutomaticSave | null;
  readonly #log = loggerOf("supervisor");
  readonly #runtime = new RuntimeRequests();
  readonly #ulids = new UlidSource((into) => void crypto.getRandomValues(into), Date.now);
  readonly #finished = Promise.withResolvers<void>();
  /** Workers that have not taken in their initial state yet, with who waits for it. */
  readonly #starting = new Map<number, () => void>();
  #state: "running" | "stopping" | "leaving" = "running";

  constructor({ config, files, log, listener }: SupervisorParts) {
    this.#config = config;
    this.#processLog = log;
    const { saved_state, automatic_state_save } = config;
    this.#save = automatic_state_save && saved_state !== undefined
      ? new AutomaticSave(async () => {
        // Half of a state that is being loaded is not one to keep.
        await this.#context.order.settled();
        return await saveState(saved_state, this.#context.state.dump());
      })
      : null;
    this.#context = this.#createContext(files);
    this.#server = new CommandServer({
      listener,
      executor: new Verbs(this.#context),
      limits: { maxBytes: config.max_command_buffer_size },
      ulids: this.#ulids,
      now: wallClock,
    });
    if (config.command_allowed_uids !== undefined && !this.#server.knowsPeers) {
      this.#log.warn("command_allowed_uids is set: every request will be refused");
    }
  }

  /** Resolves when the main process may exit. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** The workers as they are listed to clients. */
  get workers(): WorkerPool {
    return this.#context.pool;
  }

  /** Takes in what the configuration file and the saved state describe. No worker runs yet. */
  async loadConfiguration(): Promise<void> {
    const { config_path, requests, saved_state } = this.#config;
    const { state, fileState } = this.#context;
    await this.#takeIn(
      config_path,
      requests.map((request, i) => ({ number: i + 1, line: null, request })),
    );
    for (const request of state.dump()) fileState.apply(request);
    if (saved_state === undefined || await isMissing(saved_state)) return;
    const saved = await loadState(saved_state);
    if (!saved.ok) {
      const kept = this.#save === null ? "it is left as it is" : await keepUnreadable(saved_state);
      this.#log.error("{reason}; {kept}", { reason: saved.reason, kept });
    } else {
      await this.#takeIn(
        saved_state,
        saved.value.map(({ request, record, line }) => ({
          number: record,
          line,
          request: request.content,
        })),
      );
    }
  }

  /** Launches the workers and accepts clients; resolves once every worker has the state. */
  async run(): Promise<void> {
    if (this.#state !== "running") return;
    this.#context.pool.start();
    void this.#server.run();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#context.settings.workerTimeoutMs);
    });
    const ready = Promise.all(
      this.#context.pool.targets().map(({ id }) =>
        new Promise<void>((resolve) => this.#starting.set(id, resolve))
      ),
    );
    await Promise.race([ready, late, this.finished]);
    clearTimeout(timer);
  }

  /** Stops the workers, then this process: softly at first, at once when asked again. */
  async stop(): Promise<void> {
    const kind = this.#state === "running" ? "soft" : "hard";
    this.#log.info("Stopping ({kind})", { kind });
    await stopWorkers(this.#context, kind, () => {});
    this.#context.shutdown.complete();
  }

  #createContext(files: FileSource): MainContext {
    const config = this.#config;
    return {
      settings: {
        workerTimeoutMs: config.worker_timeout * 1000,
        allowedUids: config.command_allowed_uids ?? null,
        metricDetail: config.metrics?.detail ?? MetricDetail.DETAIL_CLUSTER,
      },
      state: createState(),
      createState,
      fileState: createState(),
      pool: new WorkerPool({
        count: config.worker_count,
        automaticRestart: config.worker_automatic_restart,
        launch: (id) => this.#launch(id),
        onRelaunched: () =>
          this.#context.events.emit("main", { kind: EventKind.WORKER_RELAUNCHED }),
      }),
      gatherer: new Gatherer(),
      order: new MutationOrder(),
      events: new EventHub(),
      audit: openAuditTrail(config, this.#processLog, this.#ulids, wallClock),
      log: this.#processLog,
      files,
      shutdown: { begin: () => this.#beginStopping(), complete: () => this.#leave() },
      rememberRuntime: (type) => this.#runtime.remember(type),
      onStateChanged: () => this.#save?.changed(),
    };
  }

  async #takeIn(origin: string, records: readonly BatchRecord[]): Promise<void> {
    const { applied, unchanged, refused } = await applyLeniently(this.#context.state, records);
    this.#log.info("{origin}: {applied} requests applied, {unchanged} in force, {count} refused", {
      origin,
      applied,
      unchanged,
      count: refused.length,
    });
    if (refused.length > 0) {
      this.#log.warn("{origin}: {refused}", { origin, refused: describeRefusals(refused) });
    }
    for (const { request } of records) this.#runtime.remember(request.request_type);
  }

  #launch(id: number): WorkerProcess {
    const { command, args } = selfCommand(currentImage(), ["worker", "--id", String(id)]);
    const worker = new WorkerProcess(
      id,
      spawnPiped(command, args),
      this.#config.max_command_buffer_size,
      {
        onResponse: (from, response) => this.#onResponse(from, response),
        onEnded: (from, end, livedMs) => this.#onEnded(from, end, livedMs),
      },
    );
    const requests = [...this.#context.state.dump(), ...this.#runtime.values()];
    worker.begin(
      { ...serverConfig(this.#config), log_level: this.#processLog.filter },
      { requests: requests.map((content, i) => ({ id: `SAVE-${i}`, content })) },
    );
    worker.send(INITIAL_STATUS + id, encode(Request, STATUS));
    return worker;
  }

  #onResponse(worker: WorkerProcess, response: WorkerResponse): void {
    const content = response.content?.content_type;
    if (content?.kind === "event") {
      this.#context.events.emit(String(worker.id), content.value);
    } else if (response.id === INITIAL_STATUS + worker.id) {
      this.#onStarted(worker.id, response);
    } else if (!this.#context.gatherer.receive(worker.id, response)) {
      this.#log.warn("Worker {id}: nobody waits for the answer to {request}", {
        id: worker.id,
        request: response.id,
      });
    }
  }

  #onStarted(id: number, { status, message }: WorkerResponse): void {
    if (status !== ResponseStatus.OK || message !== "") {
      this.#log.error("Worker {id}: {message}", { id, message });
    }
    this.#starting.get(id)?.();
    this.#starting.delete(id);
  }

  #onEnded(worker: WorkerProcess, end: ProcessEnd, livedMs: number): void {
    this.#starting.get(worker.id)?.();
    this.#starting.delete(worker.id);
    this.#context.pool.ended(worker, end, livedMs);
    this.#context.gatherer.workerLost(worker.id, `Worker ${worker.id} ${describeEnd(end)}`);
    if (this.#state === "running") {
      this.#context.events.emit("main", { kind: EventKind.WORKER_KILLED });
    }
  }

  #beginStopping(): void {
    if (this.#state === "running") this.#state = "stopping";
    this.#context.pool.stopRestarting();
    for (const worker of this.#context.pool.targets()) worker.runState = RunState.STOPPING;
  }

  #leave(): void {
    if (this.#state === "leaving") return;
    this.#state = "leaving";
    // The answer to the request that stops us is on its way to its client first.
    setTimeout(() => void this.#disconnect().finally(() => this.#finished.resolve()), 0);
  }

  async #disconnect(): Promise<void> {
    this.#server.stopAccepting();
    const remaining = this.#context.pool.targets();
    const timer = setTimeout(() => remaining.forEach((worker) => worker.kill()), LEAVE_MS);
    await Promise.all(remaining.map(({ ended }) => ended));
    clearTimeout(timer);
    await this.#save?.flush();
    await this.#context.audit.flushed();
    await this.#server.closeClients();
  }
}

/** A saved state that was never written is an empty one. */
async function isMissing(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function createState(): ConfigState {
  return new ConfigState(parseCertificate);
}
