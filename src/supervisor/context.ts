// What executing a request may reach in the main process. Contracts only; supervisor.ts fills them.

import type { Request } from "../../config/schema/messages.ts";
import type { ConfigState } from "../../config/state/state.ts";
import type { Verb } from "../../config/state/verbs.ts";
import type { Adoption } from "./workers/adoption.ts";
import type { AuditTrail } from "./audit/trail.ts";
import type { EventHub } from "./command_socket/events.ts";
import type { Gatherer } from "./commands/fan_out.ts";
import type { Estate } from "./main_upgrade/inherited_state.ts";
import type { KeptMeasurements } from "./metrics/kept.ts";
import type { ListenerHandOver } from "./listeners/hand_over.ts";
import type { MainCounters } from "./metrics/counters.ts";
import type { MutationOrder } from "./commands/change_order.ts";
import type { ServiceManager } from "./service_manager.ts";
import type { LeavingWorker } from "./workers/wind_down.ts";
import type { WorkerFleet } from "./workers/fleet.ts";
import type { WorkerPool } from "./workers/pool.ts";

/** Fixed options of this process. */
export interface MainSettings {
  /** How long workers may take to answer, in milliseconds. */
  readonly workerTimeoutMs: number;
  /** How long a soft stop waits for what is under way, in milliseconds; 0 means for ever. */
  readonly softStopMs: number;
  /** Users allowed on the command socket; absent means everybody who can open it. */
  readonly allowedUids: readonly number[] | null;
  /** Metric detail of the configuration, as the schema numbers it. */
  readonly metricDetail: number;
  /** The build this process and its workers run. */
  readonly build: string;
}

/** The live log filter. */
export interface LogControl {
  /** Puts a filter in force here and for future workers; the list says what is wrong with it. */
  change(filter: string): readonly string[];
}

/** Reading configuration files. */
export interface FileSource {
  /** The path the main process was started with. */
  readonly configPath: string;
  /** The requests of a configuration file, or its problems, one a line. */
  load(path: string): Promise<
    { readonly ok: true; readonly requests: readonly Request[] } | {
      readonly ok: false;
      readonly problems: readonly string[];
    }
  >;
}

/** Ends the main process. */
export interface Shutdown {
  /** No worker is replaced any more and all are marked as stopping. */
  begin(): void;
  /** All workers are done: disconnect the clients, clean up and exit. */
  complete(): void;
}

/** Another main process in the place of this one. */
export interface Succession {
  /** How many main processes there were before this one since the first start. */
  readonly bootGeneration: number;
  /** One more attempt is made. */
  begin(): void;
  /** What the other one needs. */
  estate(): Estate;
  /**
   * The other one has taken over: clients are disconnected, workers leave, then `conclude` is called, and
   * this process leaves.
   */
  complete(conclude: () => Promise<void>): void;
}

/** Everything verbs work with. */
export interface MainContext {
  readonly settings: MainSettings;
  readonly state: ConfigState;
  readonly pool: WorkerPool;
  readonly fleet: WorkerFleet;
  readonly handOver: ListenerHandOver;
  readonly adoption: Adoption;
  readonly counters: MainCounters;
  /** What workers that are gone have counted. */
  readonly kept: KeptMeasurements;
  readonly gatherer: Gatherer;
  /** Lets workers leave; resolves when all have ended, with whether something had to be cut. */
  readonly windDown: (workers: readonly LeavingWorker[]) => Promise<boolean>;
  readonly order: MutationOrder;
  readonly events: EventHub;
  readonly audit: AuditTrail;
  readonly log: LogControl;
  readonly files: FileSource;
  readonly shutdown: Shutdown;
  readonly succession: Succession;
  readonly service: ServiceManager;
  /**
   * Takes note of a request in force that is no part of the state: later workers get the last of
   * each such verb. Other requests are ignored.
   */
  rememberRuntime(type: Verb | null): void;
  /** A new state with nothing in it. */
  createState(): ConfigState;
  /** The state the configuration file described when it was last read. */
  fileState: ConfigState;
  /** Called after every change of the state. */
  onStateChanged(): void;
}

/** Patience with workers for ordinary requests. */
export function deadline(context: MainContext): { kind: "deadline"; ms: number } {
  return { kind: "deadline", ms: context.settings.workerTimeoutMs };
}

/** Patience for long batches: as long as answers keep coming. */
export function silence(context: MainContext): { kind: "silence"; ms: number } {
  return { kind: "silence", ms: context.settings.workerTimeoutMs };
}
