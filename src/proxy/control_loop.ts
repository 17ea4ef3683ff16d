// Executes the requests of the main process in a worker: applies them to the worker's copy of the state and to the
// data plane, and answers. Knows no pipes: requests come in as values, and answers leave through an injected function.

import {
  type Event,
  type InitialState,
  type ListenerSocket,
  type ProtectedHealthCheckOrder,
  QueryMetricsOptions,
  type Request,
  type ResponseContent,
  ResponseStatus,
  type ServerConfig,
  type SetMetricDetail,
  type UnopenedListener,
  type WorkerMetrics,
  type WorkerRequest,
  type WorkerResponse,
} from "../../config/schema/messages.ts";
import { DEFAULT_SUBNET_IPV4_PREFIX, DEFAULT_SUBNET_IPV6_PREFIX } from "../../config/defaults.ts";
import { ALL_LISTENER_KINDS } from "../../config/state/listener_kinds.ts";
import type { ConfigState } from "../../config/state/state.ts";
import { cascadeOf, rowOf, type Verb } from "../../config/state/verbs.ts";
import { prepareUndo } from "../../config/undo/undo.ts";
import type { ModuleLog } from "../observe/log/module_log.ts";
import { LAST_MEASUREMENTS_ID, UNOPENED_ID } from "../protocol/control/worker_life.ts";
import type { DataPlane } from "./contract.ts";
import { ProtectedOrders } from "./health/protected_orders.ts";
import type { HandOverStep } from "./listeners/hand_over.ts";
import type { PlaneParts } from "./parts.ts";

/** What a control loop works with. */
export interface ControlLoopOptions {
  readonly config: ServerConfig;
  /** Empty at first. */
  readonly state: ConfigState;
  readonly dataPlane: DataPlane;
  readonly parts: Pick<PlaneParts, "loggerOf" | "newSlices">;
  /** Sends an answer to main. */
  readonly respond: (response: WorkerResponse) => void;
  /** Changes the log filter; the list says what is wrong with it. */
  readonly changeLogFilter: (filter: string) => readonly string[];
}

/** Refused initial requests named in one text; the log has them all. */
const MAX_REFUSALS_NAMED = 5;

/** Executes requests one after the other. */
export class ControlLoop {
  readonly #options: ControlLoopOptions;
  readonly #state: ConfigState;
  readonly #log: ModuleLog;
  readonly #refusedAtStart: string[] = [];
  readonly #protected: ProtectedOrders;
  readonly #stopped = Promise.withResolvers<void>();
  #connectionLimit: bigint;
  #subnetLimit: bigint;
  #stopping: Promise<void> | null = null;
  #isStopped = false;

  constructor(options: ControlLoopOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#log = options.parts.loggerOf("worker::control");
    this.#protected = new ProtectedOrders({
      state: options.state,
      probes: options.dataPlane.probes,
      apply: (verb) => this.#applyToDataPlane({ request_type: verb }),
    });
    this.#connectionLimit = options.config.max_connections_per_ip ?? 0n;
    this.#subnetLimit = options.config.max_connections_per_subnet ?? 0n;
  }

  /** Resolves when the worker has been stopped and may exit. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /**
   * Takes the state main has. What this worker cannot honour stays in its state, so that it
   * equals main's, and is reported with the answer to the first Status request.
   */
  async begin(initial: InitialState): Promise<void> {
    const slices = this.#options.parts.newSlices();
    this.#options.dataPlane.unopened.onChange = (listeners) => this.#tellUnopened(listeners);
    for (const { content } of initial.requests) {
      const refusal = await this.#applyInitial(content);
      // Main must hear that this worker is alive while a hundred thousand of them are taken in.
      if (slices.isOver) await slices.pause();
      if (refusal === null) continue;
      this.#refusedAtStart.push(refusal);
      this.#log.error("Initial state: {refusal}", { refusal });
    }
    this.#options.dataPlane.begun();
  }

  /** Executes one request and answers it; resolves when the next one may be executed. */
  async handle({ id, content }: WorkerRequest): Promise<void> {
    const type = content.request_type;
    if (type === null) return this.#fail(id, "The request is empty");
    try {
      await this.#execute(id, type);
    } catch (error) {
      this.#log.error("Executing {kind} failed: {error}", { kind: type.kind, error });
      this.#fail(id, `Internal error: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Finishes what is in progress and stops; the same stop however often it is asked for. */
  softStop(): Promise<void> {
    this.#stopping ??= this.#options.dataPlane.softStop();
    return this.#stopping;
  }

  /** Cuts what is in progress and stops. */
  hardStop(): void {
    this.#options.dataPlane.hardStop();
    this.leave();
  }

  /** The listeners that have a socket. */
  activeListeners(): ListenerSocket[] {
    const { unopened } = this.#options.dataPlane;
    return ALL_LISTENER_KINDS.filter(({ shared }) => shared).flatMap(({ protocol, proxy }) =>
      this.#state.tables.listeners[protocol].sorted()
        .filter(({ address, active }) => active && !unopened.has({ proxy, address }))
        .map(({ address }) => ({ proxy, address }))
    );
  }

  /** Whether the worker has begun to stop, or has stopped. */
  get isStopping(): boolean {
    return this.#isStopped || this.#stopping !== null;
  }

  /** Declares the worker stopped. Called again, it does nothing. */
  leave(): void {
    if (!this.#isStopped) this.#tellMeasurements();
    this.#isStopped = true;
    this.#stopped.resolve();
  }

  /** Main adds up what its workers have counted, also when they are gone. */
  #tellMeasurements(): void {
    const everything = { ...QueryMetricsOptions.empty(), durations: true };
    const content = this.#options.dataPlane.measurements.query(everything);
    if (typeof content === "string") return;
    this.#options.respond({
      id: LAST_MEASUREMENTS_ID,
      status: ResponseStatus.PROCESSING,
      message: "",
      content: { content_type: content },
    });
  }

  /** Main must not tell anybody that a listener is open which is not. */
  #tellUnopened(listeners: readonly UnopenedListener[]): void {
    this.#options.respond({
      id: UNOPENED_ID,
      status: ResponseStatus.PROCESSING,
      message: "",
      content: {
        content_type: { kind: "unopened_listeners", value: { listeners: [...listeners] } },
      },
    });
  }

  /** The message that carries an event to main. */
  static eventMessage(event: Event): WorkerResponse {
    return {
      id: "EVENT",
      status: ResponseStatus.PROCESSING,
      message: "",
      content: { content_type: { kind: "event", value: event } },
    };
  }

  async #applyInitial(request: Request): Promise<string | null> {
    const kind = request.request_type?.kind ?? "empty request";
    if (request.request_type !== null) this.#noteLimit(request.request_type);
    const refusal = this.#state.apply(request)?.message ?? await this.#applyToDataPlane(request);
    if (refusal === null) return null;
    const type = request.request_type;
    // It stays active in the state, and is opened as soon as that is possible.
    if (type?.kind === "activate_listener") {
      this.#options.dataPlane.unopened.keep(type.value, refusal);
    }
    return `${kind}: ${refusal}`;
  }

  async #execute(id: string, type: Verb): Promise<void> {
    switch (type.kind) {
      case "status":
        return this.#answerStatus(id);
      case "soft_stop":
        return this.#answerSoftStop(id);
      case "steer_listener":
      case "query_listener_socket":
      case "probe_listener":
      case "close_listener_socket":
        // Not awaited: others are served while a socket empties its queue.
        return void this.#answerHandOver(id, type);
      case "close_sessions": {
        const value = this.#options.dataPlane.endSessions(type.value);
        return this.#ok(id, { kind: "closed_sessions", value });
      }
      case "wind_down":
        return void this.#options.dataPlane.windDown().then(() => this.#ok(id));
      case "hard_stop":
        this.#ok(id);
        return this.hardStop();
      case "Logging": {
        const errors = this.#options.changeLogFilter(type.value);
        return errors.length === 0 ? this.#ok(id) : this.#fail(id, errors.join("; "));
      }
      case "query_max_connections_per_ip":
        return this.#ok(id, {
          kind: "max_connections_per_ip_limit",
          value: { limit: this.#connectionLimit },
        });
      case "query_max_connections_per_subnet":
        return this.#answerSubnetLimit(id);
      case "query_metrics":
        // Not awaited: the measurements of very many clusters take a while, and other requests are served meanwhile.
        return void this.#answerMetrics(id, type.value);
      case "protected_health_check_order":
        return await this.#protect(id, type.value);
      case "set_metric_detail":
        return this.#setDetail(id, type.value);
      default: {
        const { answer, runsOn } = rowOf(type.kind);
        return answer === undefined || runsOn === "main"
          ? await this.#change(id, type)
          : this.#answer(id, answer(this.#state, type.value));
      }
    }
  }

  async #protect(id: string, order: ProtectedHealthCheckOrder): Promise<void> {
    const refusal = await this.#protected.execute(order);
    if (refusal !== null) return this.#fail(id, refusal);
    const { phase, cluster_id, version } = order;
    this.#ok(id, { kind: "protected_health_check_reply", value: { phase, cluster_id, version } });
  }

  /** A change: into the state, then into force; out of the state again when that fails. */
  async #change(id: string, type: Verb): Promise<void> {
    const request: Request = { request_type: type };
    const undo = prepareUndo(this.#state, type);
    const cascade = cascadeOf(this.#state, type);
    const refusal = this.#state.apply(request);
    if (refusal !== null) return this.#fail(id, refusal.message);
    for (const removal of cascade) await this.#applyToDataPlane({ request_type: removal });
    const reason = await this.#applyToDataPlane(request);
    if (reason !== null) {
      for (const step of undo(this.#state)) this.#state.apply(step);
      return this.#fail(id, reason);
    }
    this.#noteLimit(type);
    this.#ok(id);
  }

  #noteLimit(type: Verb): void {
    if (type.kind === "set_max_connections_per_ip") this.#connectionLimit = type.value;
    if (type.kind === "set_max_connections_per_subnet") this.#subnetLimit = type.value;
  }

  #answerSubnetLimit(id: string): void {
    const { subnet_ipv4_prefix, subnet_ipv6_prefix } = this.#options.config;
    this.#ok(id, {
      kind: "max_connections_per_subnet_limit",
      value: {
        limit: this.#subnetLimit,
        ipv4_prefix: subnet_ipv4_prefix ?? DEFAULT_SUBNET_IPV4_PREFIX,
        ipv6_prefix: subnet_ipv6_prefix ?? DEFAULT_SUBNET_IPV6_PREFIX,
      },
    });
  }

  async #applyToDataPlane(request: Request): Promise<string | null> {
    try {
      return await this.#options.dataPlane.apply(request);
    } catch (error) {
      this.#log.error("The data plane failed: {error}", { error });
      return `Internal error: ${error instanceof Error ? error.message : error}`;
    }
  }

  #answerStatus(id: string): void {
    if (this.#refusedAtStart.length === 0) return this.#ok(id);
    const named = this.#refusedAtStart.slice(0, MAX_REFUSALS_NAMED).join("; ");
    // Only the first answer tells: afterwards the worker is what it is, and it is running.
    const count = this.#refusedAtStart.splice(0).length;
    this.#respond(id, ResponseStatus.OK, `${count} requests could not be honoured: ${named}`);
  }

  async #answerHandOver(id: string, step: HandOverStep): Promise<void> {
    try {
      const answer = await this.#options.dataPlane.handOver(step);
      if (typeof answer === "string") this.#fail(id, answer);
      else this.#ok(id, answer ?? undefined);
    } catch (error) {
      this.#log.error("A step of a hand-over failed: {error}", { error });
      this.#fail(id, `Internal error: ${error instanceof Error ? error.message : error}`);
    }
  }

  #answerSoftStop(id: string): void {
    this.#respond(id, ResponseStatus.PROCESSING, "Finishing the exchanges in progress");
    // Not awaited: a hard stop, or a question, may come while sessions end.
    void this.softStop().then(
      () => this.#ok(id),
      (error) => this.#fail(id, `Stopping failed: ${error}`),
    ).then(() => this.leave());
  }

  #setDetail(id: string, request: SetMetricDetail): void {
    const status = this.#options.dataPlane.measurements.setDetail(request);
    if (typeof status === "string") this.#fail(id, status);
    else this.#ok(id, { kind: "worker_metric_detail_status", value: status });
  }

  /** In parts, each in an answer of its own, so that traffic need not wait for the whole. */
  async #answerMetrics(id: string, query: QueryMetricsOptions): Promise<void> {
    const { measurements } = this.#options.dataPlane;
    try {
      const parts = measurements.parts(query);
      if (parts === null) return this.#answer(id, measurements.query(query));
      let last: WorkerMetrics | null = null;
      for (const part of parts) {
        if (last !== null) {
          const content = { kind: "worker_metrics" as const, value: last };
          this.#respond(id, ResponseStatus.PROCESSING, "", content);
          await this.#options.parts.newSlices().pause();
        }
        last = part;
      }
      if (last !== null) this.#ok(id, { kind: "worker_metrics", value: last });
    } catch (error) {
      this.#log.error("Telling measurements failed: {error}", { error });
      this.#fail(id, `Internal error: ${error instanceof Error ? error.message : error}`);
    }
  }

  #answer(id: string, answer: NonNullable<ResponseContent["content_type"]> | string): void {
    if (typeof answer === "string") this.#fail(id, answer);
    else this.#ok(id, answer);
  }

  #ok(id: string, content?: NonNullable<ResponseContent["content_type"]>): void {
    this.#respond(id, ResponseStatus.OK, "", content);
  }

  #fail(id: string, message: string): void {
    this.#respond(id, ResponseStatus.FAILURE, message);
  }

  #respond(
    id: string,
    status: ResponseStatus,
    message: string,
    content?: NonNullable<ResponseContent["content_type"]>,
  ): void {
    this.#options.respond(
      content === undefined
        ? { id, status, message }
        : { id, status, message, content: { content_type: content } },
    );
  }
}
