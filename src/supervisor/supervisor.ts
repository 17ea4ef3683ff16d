// The composition of the main process: which parts there are and what each of them is given. What clients
// ask for is executed in commands/, the state at the start comes from initial_state.ts, the end is in
// shutdown.ts, and start.ts runs all of it.

import type { Config } from "../../config/file/load.ts";
import { type Event, MetricDetail, ResponseStatus } from "../../config/schema/messages.ts";
import type { ConfigState } from "../../config/state/state.ts";
import { reloadConfiguration } from "../../config/state/verb.ts";
import { servableState } from "../configuration/servable.ts";
import { listeningRows } from "../io/listening/rows.ts";
import type { UnixListener } from "../io/net/unix_socket.ts";
import { loggerOf } from "../observe/log/log.ts";
import { UlidSource } from "../protocol/http/ids/ulid.ts";
import { openAuditTrail } from "./audit/open.ts";
import { EventHub } from "./command_socket/events.ts";
import { ownClient } from "./command_socket/own_client.ts";
import { CommandServer } from "./command_socket/server.ts";
import { ChangeOrder } from "./commands/change_order.ts";
import { type VerbParts, Verbs } from "./commands/dispatch.ts";
import { FanOut } from "./commands/fan_out.ts";
import { executeReload } from "./commands/files.ts";
import { stopWorkers } from "./commands/lifecycle.ts";
import { ConfigurationFile } from "./configuration_file.ts";
import { loadInitialState, restoreSnapshot } from "./initial_state.ts";
import { ListenerHandOver } from "./listeners/hand_over.ts";
import { unopenedReasons } from "./listeners/open.ts";
import { sharedListeners } from "./listeners/shared.ts";
import type { MainSnapshot } from "./main_upgrade/snapshot.ts";
import { TakeOver } from "./main_upgrade/take_over.ts";
import type { PrometheusParts } from "./metrics/prometheus.ts";
import { ProtectedFences } from "./protected/fences.ts";
import { ProbeValues } from "./protected/probe_values.ts";
import { RetainedCounts } from "./metrics/retained.ts";
import type { ProcessLog } from "./process_log.ts";
import { ProcessSettings } from "./process_settings.ts";
import { AutomaticSave } from "./saved/automatic.ts";
import { saveState } from "./saved/state.ts";
import type { ServiceManager } from "./service_manager.ts";
import { Shutdown } from "./shutdown.ts";
import { Adoption } from "./workers/adoption.ts";
import { drain, type LeavingWorker } from "./workers/drain.ts";
import { WorkerFleet } from "./workers/fleet.ts";

/** What a supervisor is made of. */
export interface SupervisorParts {
  readonly config: Config;
  /** The path of the configuration file, as given. */
  readonly configPath: string;
  readonly log: ProcessLog;
  readonly listener: UnixListener;
  readonly service: ServiceManager;
  /** The build this process runs, and every worker must run. */
  readonly build: string;
  /** The snapshot of the main process before this one; `null` when there was none. */
  readonly snapshot: MainSnapshot | null;
}

/** The main process. */
export class Supervisor {
  readonly fleet: WorkerFleet;
  readonly #parts: SupervisorParts;
  readonly #base: Base;
  readonly #workers: Workers;
  readonly #shutdown: Shutdown;
  readonly #verbs: VerbParts;
  readonly #server: CommandServer;
  readonly #log = loggerOf("supervisor");
  /** Everything that the configuration file names is in force. */
  #isComplete = true;

  constructor(parts: SupervisorParts) {
    const { config, listener, service, log, snapshot } = parts;
    const base = this.#base = composeBase(parts);
    const workers = this.#workers = composeWorkers(parts, base);
    this.#parts = parts;
    this.fleet = workers.fleet;
    this.#shutdown = new Shutdown({
      ...workers,
      save: base.save,
      audit: base.audit,
      softStopMs: base.softStopMs,
      service,
      clients: () => this.#server,
      stopAtOnce: () => stopWorkers(this.#verbs, "hard", () => {}),
    });
    this.#verbs = {
      ...base,
      ...workers,
      onStateChanged: () => base.save?.changed(),
      allowedUids: config.command_allowed_uids ?? null,
      metricDetail: config.metrics?.detail ?? MetricDetail.DETAIL_CLUSTER,
      log,
      service,
      shutdown: this.#shutdown,
      mainUpgrade: this.#mainUpgrade(),
    };
    this.#server = new CommandServer({
      listener,
      executor: new Verbs(this.#verbs),
      limits: { maxBytes: config.max_command_buffer_size },
      ulids: base.ulids,
      now: wallClock,
      firstClientId: snapshot?.nextClientId ?? 0,
    });
    if (snapshot !== null) {
      restoreSnapshot(this.#verbs, snapshot);
      workers.pool.continueFrom(snapshot.nextWorkerId);
    }
    if (config.command_allowed_uids !== undefined && !this.#server.knowsPeers) {
      this.#log.warn("command_allowed_uids is set: every request will be refused");
    }
  }

  /** Resolves when the main process may exit. */
  get finished(): Promise<void> {
    return this.#shutdown.finished;
  }

  /** Resolves when a successor has taken over. */
  get replaced(): Promise<void> {
    return this.#shutdown.replaced;
  }

  /** What the metrics of this process and of its workers are read from. */
  get metrics(): PrometheusParts {
    const { build, snapshot } = this.#parts;
    const isSuccessor = (snapshot?.bootGeneration ?? 0) > 0;
    return { ...this.#base, ...this.#workers, build, isSuccessor };
  }

  /** The steps while another main process still serves. */
  get takeOver(): TakeOver {
    const { bootGeneration } = this.#verbs.mainUpgrade;
    return new TakeOver({ ...this.#base, ...this.#workers, bootGeneration });
  }

  /** Takes in what the configuration file and the saved state describe. No worker runs yet. */
  async loadConfiguration(): Promise<void> {
    this.#isComplete = await loadInitialState(this.#verbs, this.#parts.config);
  }

  /**
   * Launches the workers, waits until every one has the state or `worker_timeout` has passed, then accepts
   * clients. The reasons when listeners could not be opened, one a line: no client is served then.
   */
  async run(): Promise<string | null> {
    if (!this.#shutdown.isRunning) return null;
    const ready = this.fleet.start();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#base.workerTimeoutMs);
    });
    await Promise.race([ready, late, this.finished]);
    clearTimeout(timer);
    const unopened = unopenedReasons(this.fleet.pool.targets());
    if (unopened.length > 0 && this.#shutdown.isRunning) return unopened.join("\n");
    this.serve();
    return null;
  }

  /** Answers at the command socket from now on. */
  serve(): void {
    void this.#server.run();
    // The service manager hears nothing of a start that lacks a health check.
    if (this.#isComplete) this.#parts.service.ready();
  }

  /** Opens the files of all logs anew, here and in the workers, after log rotation moved them away. */
  reopenLogs(): void {
    this.#parts.log.reopen();
    this.#base.audit.reopen();
    for (const worker of this.fleet.pool.targets()) worker.signal("SIGUSR1");
    this.#log.info("Log files are opened anew");
  }

  /** Stops the workers, then this process: softly at first, at once when asked again. */
  async stop(): Promise<void> {
    const kind = this.#shutdown.isRunning ? "soft" : "hard";
    this.#log.info("Stopping ({kind})", { kind });
    await stopWorkers(this.#verbs, kind, () => {});
    this.#shutdown.complete();
  }

  /** Applies what changed in the configuration file. */
  async reload(): Promise<void> {
    const client = ownClient(this.#base.ulids.next(), wallClock());
    const { service } = this.#parts;
    service.beginReload();
    const { status, message } = await executeReload(this.#verbs, client, reloadConfiguration(""))
      .finally(() => service.endReload());
    if (status === ResponseStatus.OK) this.#log.info("{message}", { message });
    else this.#log.error("{message}", { message });
  }

  #mainUpgrade(): VerbParts["mainUpgrade"] {
    const { config, log, snapshot } = this.#parts;
    const { state, file, settings, probeValues } = this.#base;
    return {
      bootGeneration: snapshot?.bootGeneration ?? 0,
      snapshot: (bootGeneration) => ({
        config,
        state: state.dump(),
        fileState: file.state.dump(),
        settings: settings.values(),
        nextWorkerId: this.fleet.pool.nextId,
        nextClientId: this.#server.nextClientId,
        bootGeneration,
        logFilter: log.filter,
        protectedChecks: probeValues.inForce(state.tables),
      }),
      complete: (finish) => this.#shutdown.handOver(finish),
    };
  }
}

/** The parts that need no other part, or hardly one. */
function composeBase({ config, configPath, log, snapshot }: SupervisorParts) {
  const state = servableState();
  const order = new ChangeOrder();
  const ulids = new UlidSource((into) => void crypto.getRandomValues(into), Date.now);
  return {
    state,
    order,
    ulids,
    file: new ConfigurationFile(configPath, config),
    settings: new ProcessSettings(),
    probeValues: new ProbeValues(),
    fences: new ProtectedFences(),
    events: new EventHub(),
    fanOut: new FanOut(),
    retained: new RetainedCounts((id) => state.backendIds(id)),
    save: automaticSave(config, state, order),
    audit: openAuditTrail(config, log, ulids, wallClock, snapshot?.bootGeneration ?? 0),
    workerTimeoutMs: config.worker_timeout * 1000,
    softStopMs: config.soft_stop_timeout * 1000,
  };
}

type Base = ReturnType<typeof composeBase>;

/** The workers, and what starts, feeds and drains them. */
function composeWorkers({ config, build, log }: SupervisorParts, base: Base) {
  const { state, fanOut, events, audit, workerTimeoutMs, softStopMs } = base;
  const handOver = new ListenerHandOver({
    fanOut,
    deadlineMs: workerTimeoutMs,
    listing: (endpoint) => listeningRows(endpoint)?.map(({ inode }) => inode) ?? null,
  });
  const fleet = new WorkerFleet({
    ...base,
    config,
    build,
    log,
    onWorkerEvent: (id: number, event: Event) => {
      if (event.metric_detail !== undefined) audit.workerTransition(id, event.metric_detail);
      events.emit(String(id), event);
    },
    onMembersChanged: () => handOver.observe(sharedListeners(state)),
  });
  const { pool, counters } = fleet;
  const drainParts = { fanOut, softStopMs };
  const maxMessage = config.max_command_buffer_size;
  return {
    fleet,
    pool,
    counters,
    handOver,
    drain: (workers: readonly LeavingWorker[]) => drain(drainParts, workers),
    adoption: new Adoption({ ...drainParts, pool, handOver, maxMessage }),
  };
}

type Workers = ReturnType<typeof composeWorkers>;

function automaticSave(
  { saved_state, automatic_state_save }: Config,
  state: ConfigState,
  order: ChangeOrder,
): AutomaticSave | null {
  if (!automatic_state_save || saved_state === undefined) return null;
  return new AutomaticSave(async () => {
    // A state that is being loaded is not saved half done.
    await order.settled();
    return await saveState(saved_state, state.dump());
  });
}

/** Milliseconds since 1970, with fractions. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
