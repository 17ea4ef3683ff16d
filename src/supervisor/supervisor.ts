// The main process at work: state, workers, clients and events joined together. Everything it does
// on behalf of a client is in the verbs; how it comes to life is in start.ts.

import type { Config } from "../../config/file/load.ts";
import {
  type Event,
  MetricDetail,
  type Request,
  ResponseStatus,
  RunState,
} from "../../config/schema/messages.ts";
import type { ConfigState } from "../../config/state/state.ts";
import { reloadConfiguration } from "../../config/state/verb.ts";
import { servableState } from "../configuration/servable.ts";
import { listeningRows } from "../io/listening/rows.ts";
import type { UnixListener } from "../io/net/unix_socket.ts";
import { loggerOf } from "../observe/log/log.ts";
import { UlidSource } from "../protocol/http/ulid.ts";
import { Adoption } from "./workers/adoption.ts";
import { openAuditTrail } from "./audit/open.ts";
import { applyLeniently, type BatchRecord, describeRefusals } from "./commands/batch.ts";
import { Arrival } from "./main_upgrade/arrival.ts";
import { AutomaticSave } from "./saved/automatic.ts";
import { CommandServer } from "./command_socket/server.ts";
import { EventHub } from "./command_socket/events.ts";
import { Gatherer } from "./commands/fan_out.ts";
import type { Estate } from "./main_upgrade/inherited_state.ts";
import type { FileSource, MainContext, Succession } from "./context.ts";
import { KeptMeasurements } from "./metrics/kept.ts";
import { ListenerHandOver } from "./listeners/hand_over.ts";
import { sharedListeners } from "./listeners/shared.ts";
import { MutationOrder } from "./commands/change_order.ts";
import { unopenedReasons } from "./listeners/open.ts";
import { ownClient } from "./command_socket/own_client.ts";
import type { ProcessLog } from "./process_log.ts";
import { isMissing, keepUnreadable, loadState, saveState } from "./saved/state.ts";
import { RuntimeRequests } from "./runtime_requests.ts";
import type { ServiceManager } from "./service_manager.ts";
import { Verbs } from "./commands/dispatch.ts";
import { executeReload } from "./commands/files.ts";
import { stopWorkers } from "./commands/lifecycle.ts";
import { windDown } from "./workers/wind_down.ts";
import { type FleetParts, WorkerFleet } from "./workers/fleet.ts";

/** How long stopped workers may take to leave before they are killed, in milliseconds. */
const LEAVE_MS = 2_000;

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
  readonly service: ServiceManager;
  /** The build this process runs, and every worker must run. */
  readonly build: string;
  /** What an earlier main process has left; `null` when there was none. */
  readonly estate: Estate | null;
}

/** The main process. */
export class Supervisor {
  readonly #config: Config;
  readonly #processLog: ProcessLog;
  readonly #fleet: WorkerFleet;
  readonly #context: MainContext;
  readonly #server: CommandServer;
  readonly #save: AutomaticSave | null;
  readonly #log = loggerOf("supervisor");
  readonly #runtime = new RuntimeRequests();
  readonly #ulids = new UlidSource((into) => void crypto.getRandomValues(into), Date.now);
  readonly #finished = Promise.withResolvers<void>();
  readonly #gaveWay = Promise.withResolvers<void>();
  #bootGeneration: number;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #state: "running" | "stopping" | "leaving" = "running";

  constructor(parts: SupervisorParts) {
    const { config, log, listener, build, estate } = parts;
    this.#bootGeneration = estate?.bootGeneration ?? 0;
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
    const state = servableState();
    const gatherer = new Gatherer();
    const kept = new KeptMeasurements((id) => state.backendIds(id));
    const handOver = new ListenerHandOver({
      gatherer,
      patienceMs: config.worker_timeout * 1000,
      listing: (endpoint) => listeningRows(endpoint)?.map(({ inode }) => inode) ?? null,
    });
    const fleetParts: FleetParts = {
      config,
      build,
      log,
      state,
      runtime: this.#runtime,
      gatherer,
      kept,
      events: new EventHub(),
      onWorkerEvent: (id, event) => this.#onWorkerEvent(id, event),
      onMembersChanged: () => handOver.observe(sharedListeners(state)),
    };
    this.#fleet = new WorkerFleet(fleetParts);
    this.#context = this.#createContext(parts, fleetParts, handOver);
    this.#server = new CommandServer({
      listener,
      executor: new Verbs(this.#context),
      limits: { maxBytes: config.max_command_buffer_size },
      ulids: this.#ulids,
      now: wallClock,
      firstClientId: estate?.nextClientId ?? 0,
    });
    if (estate !== null) this.#inherit(estate);
    if (config.command_allowed_uids !== undefined && !this.#server.knowsPeers) {
      this.#log.warn("command_allowed_uids is set: every request will be refused");
    }
  }

  /** Resolves when the main process may exit. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Resolves when another main process has taken over. */
  get gaveWay(): Promise<void> {
    return this.#gaveWay.promise;
  }

  /** What verbs work with, for those who ask without a client. */
  get context(): MainContext {
    return this.#context;
  }

  /** The workers. */
  get fleet(): WorkerFleet {
    return this.#fleet;
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

  /**
   * Launches the workers and then accepts clients: once every worker has the state, or is late with it.
   * The reasons when listeners could not be opened, one a line: nobody is served then.
   */
  async run(): Promise<string | null> {
    if (this.#state !== "running") return null;
    const ready = this.#fleet.start();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#context.settings.workerTimeoutMs);
    });
    await Promise.race([ready, late, this.finished]);
    clearTimeout(timer);
    const unopened = unopenedReasons(this.#context.pool.targets());
    if (unopened.length > 0 && this.#state === "running") return unopened.join("\n");
    this.serve();
    return null;
  }

  /** Answers at the command socket from now on. */
  serve(): void {
    void this.#server.run();
    this.#context.service.ready();
  }

  /** What is done while another main process is still there. */
  get arrival(): Arrival {
    return new Arrival(this.#context);
  }

  #inherit({ state, fileState, runtime, nextWorkerId }: Estate): void {
    this.#takeOver(this.#context.state, state);
    this.#takeOver(this.#context.fileState, fileState);
    for (const { request_type } of runtime) this.#runtime.remember(request_type);
    this.#fleet.pool.continueFrom(nextWorkerId);
  }

  /** What an older program accepted and this one cannot serve is left out, and told. */
  #takeOver(state: ConfigState, requests: readonly Request[]): void {
    const refused = requests.flatMap((request) => state.apply(request)?.message ?? []);
    if (refused.length === 0) return;
    this.#context.counters.skipped += refused.length;
    this.#log.error("Of the old main process {count} requests are refused: {refused}", {
      count: refused.length,
      refused: describeRefusals(refused),
    });
  }

  /** Opens the files of all logs anew, here and in the workers, because they were moved away. */
  reopenLogs(): void {
    this.#processLog.reopen();
    this.#context.audit.reopen();
    for (const worker of this.#context.pool.targets()) worker.signal("SIGUSR1");
    this.#log.info("Log files are opened anew");
  }

  /** Stops the workers, then this process: softly at first, at once when asked again. */
  async stop(): Promise<void> {
    const kind = this.#state === "running" ? "soft" : "hard";
    this.#log.info("Stopping ({kind})", { kind });
    await stopWorkers(this.#context, kind, () => {});
    this.#context.shutdown.complete();
  }

  /** Applies what changed in the configuration file. */
  async reload(): Promise<void> {
    const client = ownClient(this.#ulids.next(), wallClock());
    const { service } = this.#context;
    service.beginReload();
    const { status, message } = await executeReload(this.#context, client, reloadConfiguration(""))
      .finally(() => service.endReload());
    if (status === ResponseStatus.OK) this.#log.info("{message}", { message });
    else this.#log.error("{message}", { message });
  }

  #onWorkerEvent(workerId: number, event: Event): void {
    const { audit, events } = this.#context;
    if (event.metric_detail !== undefined) audit.workerTransition(workerId, event.metric_detail);
    events.emit(String(workerId), event);
  }

  #createContext(
    { config, files, service }: SupervisorParts,
    fleetParts: FleetParts,
    handOver: ListenerHandOver,
  ): MainContext {
    const { state, gatherer, kept, events } = fleetParts;
    const fleet = this.#fleet;
    const leaving = { gatherer, softStopMs: config.soft_stop_timeout * 1000 };
    return {
      settings: {
        workerTimeoutMs: config.worker_timeout * 1000,
        softStopMs: leaving.softStopMs,
        allowedUids: config.command_allowed_uids ?? null,
        metricDetail: config.metrics?.detail ?? MetricDetail.DETAIL_CLUSTER,
        build: fleetParts.build,
      },
      state,
      createState: servableState,
      fileState: servableState(),
      pool: fleet.pool,
      fleet,
      handOver,
      adoption: new Adoption({
        ...leaving,
        pool: fleet.pool,
        handOver,
        maxMessage: config.max_command_buffer_size,
      }),
      counters: fleet.counters,
      kept,
      gatherer,
      windDown: (workers) => windDown(leaving, workers),
      order: new MutationOrder(),
      events,
      audit: openAuditTrail(
        config,
        this.#processLog,
        this.#ulids,
        wallClock,
        this.#bootGeneration,
      ),
      log: this.#processLog,
      files,
      service,
      shutdown: { begin: () => this.#beginStopping(), complete: () => this.#leave() },
      succession: this.#succession(),
      rememberRuntime: (type) => this.#runtime.remember(type),
      onStateChanged: () => this.#save?.changed(),
    };
  }

  #succession(): Succession {
    const generation = () => this.#bootGeneration;
    return {
      get bootGeneration() {
        return generation();
      },
      begin: () => void this.#bootGeneration++,
      estate: () => ({
        config: this.#config,
        state: this.#context.state.dump(),
        fileState: this.#context.fileState.dump(),
        runtime: this.#runtime.values(),
        nextWorkerId: this.#fleet.pool.nextId,
        nextClientId: this.#server.nextClientId,
        bootGeneration: this.#bootGeneration,
        logFilter: this.#processLog.filter,
      }),
      complete: (conclude) => this.#giveWay(conclude),
    };
  }

  /** Another main process has taken over: clients go there, workers end, and this process with them. */
  #giveWay(conclude: () => Promise<void>): void {
    if (this.#state === "leaving") return;
    this.#state = "leaving";
    const workers = this.#context.pool.processes();
    this.#fleet.beginStopping();
    this.#gaveWay.resolve();
    // The answer to the request that brought the other one is on its way to its client first.
    setTimeout(() => {
      this.#server.stopAccepting();
      void Promise.all([this.#server.closeClients(), this.#context.windDown(workers)])
        .then(conclude)
        .then(() => this.#context.audit.flushed())
        .finally(() => this.#finished.resolve());
    }, 0);
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
      this.#context.counters.skipped += refused.length;
      this.#log.warn("{origin}: {refused}", { origin, refused: describeRefusals(refused) });
    }
    for (const { request } of records) this.#runtime.remember(request.request_type);
  }

  #beginStopping(): void {
    if (this.#state === "running") {
      this.#state = "stopping";
      this.#context.service.stopping();
      const seconds = this.#config.soft_stop_timeout;
      if (seconds > 0) this.#patience = setTimeout(() => this.#losePatience(), seconds * 1000);
    }
    this.#fleet.beginStopping();
    for (const worker of this.#context.pool.targets()) worker.runState = RunState.STOPPING;
  }

  /** What a soft stop still waits for is cut. */
  #losePatience(): void {
    this.#log.warn("What is under way {seconds} s after the soft stop is cut", {
      seconds: this.#config.soft_stop_timeout,
    });
    void stopWorkers(this.#context, "hard", () => {}).then(() => this.#leave());
  }

  #leave(): void {
    if (this.#state === "leaving") return;
    this.#state = "leaving";
    clearTimeout(this.#patience);
    // The answer to the request that stops us is on its way to its client first.
    setTimeout(() => void this.#disconnect().finally(() => this.#finished.resolve()), 0);
  }

  async #disconnect(): Promise<void> {
    this.#server.stopAccepting();
    const remaining = [...this.#context.pool.processes(), ...this.#context.adoption.workers];
    const timer = setTimeout(() => remaining.forEach((worker) => worker.kill()), LEAVE_MS);
    await Promise.all(remaining.map(({ ended }) => ended));
    clearTimeout(timer);
    await this.#save?.close();
    await this.#context.audit.flushed();
    await this.#server.closeClients();
  }
}
