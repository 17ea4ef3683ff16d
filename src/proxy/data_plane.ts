// The traffic-carrying half of a worker: turns configuration requests into listeners, routes, clusters
// and backends, and starts a session for every connection. Owns the worker's clock tick and its limit
// on connections; knows nothing of the channel to the main process.

import {
  type ClosedSessions,
  type CloseSessions,
  type Cluster,
  type Event,
  type HealthCheckHeaderValue,
  MetricDetail,
  type Request,
  type ServerConfig,
  type SetHealthCheck,
} from "../../config/schema/messages.ts";
import {
  DEFAULT_MAX_CONNECTION_ATTEMPTS,
  DEFAULT_RETRY_AFTER_SECONDS,
  DEFAULT_SUBNET_IPV4_PREFIX,
  DEFAULT_SUBNET_IPV6_PREFIX,
  LINGER_MS,
  LINGER_STEP_BYTES,
  LINGER_STEP_MS,
  WORKER_SLAB_ENTRIES_PER_CONNECTION,
} from "../../config/defaults.ts";
import { missingFeature, notAvailable } from "../../config/rules/missing_features.ts";
import { plainVerb } from "../../config/state/twin_verbs.ts";
import { isAbout } from "../../config/state/verbs.ts";
import { formatAddress } from "../../config/values/address.ts";
import { AcceptPause } from "../io/listening/accept_loop.ts";
import { Counter } from "../observe/metrics/counters.ts";
import type { WorkerContext } from "../session/worker_context.ts";
import { TICK_MS } from "../session/timing/deadline_wheel.ts";
import type { SubnetSettings } from "../session/subnet_limits.ts";
import { SessionSet } from "../session/session_set.ts";
import type { Http2 } from "../session/http/http2.ts";
import { SessionTarget } from "../session/upstream/session_target.ts";
import { Tracer } from "../session/http/tracer.ts";
import { joinObservers, type TrafficObserver } from "../session/observer.ts";
import { createWorkerContext, observeTraffic } from "../session/worker_context.ts";
import { BackendReport } from "./measure/backend_report.ts";
import { ClusterSet } from "./clusters.ts";
import type { DataPlane } from "./contract.ts";
import { HandOver, type HandOverStep } from "./listeners/hand_over.ts";
import { healthCheckRefusal, HealthChecks } from "./health/checks.ts";
import type { ProtectedProbes } from "./health/protected_orders.ts";
import { WorkerMeasurements } from "./measure/measurements.ts";
import { TrafficMetrics } from "./measure/traffic.ts";
import { HttpVerbs } from "./listeners/http_verbs.ts";
import { HttpsVerbs } from "./listeners/https_verbs.ts";
import { ListenerSet } from "./listeners/listener_set.ts";
import { Http2Loader } from "./http2_loader.ts";
import { elapsed } from "./elapsed.ts";
import type { AcceptHandler } from "./listeners/socket.ts";
import type { PlaneParts } from "./parts.ts";
import { TcpVerbs } from "./listeners/tcp_verbs.ts";
import type { UnopenedListeners } from "./listeners/unopened.ts";

/** Housekeeping that need not happen every tick: idle backend connections, events. */
const TICKS_PER_SWEEP = 10;

/**
 * How long an activation waits before each further try, in milliseconds, when a process that is about to end
 * may hold the address. That is a second in all, during which other commands wait.
 */
const ACTIVATION_DELAYS_MS = [50, 150, 300, 500];

const MILLION = 1_000_000;

/** What a data plane holds. */
export interface PlaneContents {
  readonly worker: WorkerContext;
  /** `null` until something asks for it. */
  readonly http2: Http2 | null;
  readonly listeners: ListenerSet;
  readonly httpRoutes: HttpVerbs["bindings"];
  readonly https: HttpsVerbs["bindings"];
  readonly tcpServices: TcpVerbs["bindings"];
  readonly clusters: ClusterSet;
  readonly healthChecks: HealthChecks;
}

/** A worker's listeners, clusters and sessions. */
export class ProxyDataPlane implements DataPlane {
  readonly #worker: WorkerContext;
  readonly #http2: Http2Loader;
  readonly #clusters: ClusterSet;
  readonly #healthChecks: HealthChecks;
  readonly #parts: PlaneParts;
  readonly #listeners: ListenerSet;
  readonly #http: HttpVerbs;
  readonly #https: HttpsVerbs;
  readonly #tcp: TcpVerbs;
  readonly #handOver: HandOver;
  readonly #sessions: SessionSet;
  readonly measurements: WorkerMeasurements;
  readonly probes: ProtectedProbes;
  readonly #backendReport: BackendReport;
  readonly #endTicks: () => void;
  /** When the clock ticked last, in milliseconds. */
  #lastTick: number;
  readonly #traffic: TrafficObserver;
  #accessLog: TrafficObserver | null = null;
  #spanLog: TrafficObserver | null = null;
  #ticks = 0;
  /** None until the initial state is in force: main waits for all listeners of a new worker. */
  #activationDelays: readonly number[] = [];

  /** `onEvent` is called for what operators should hear about. */
  constructor(config: ServerConfig, onEvent: (event: Event) => void, parts: PlaneParts) {
    this.#parts = parts;
    const maxConnections = Number(config.max_connections);
    this.#worker = createWorkerContext({
      ...parts,
      maxConnections,
      maxBuffers: Number(config.max_buffers),
      bufferSize: Number(config.buffer_size),
      tracer: tracerOf(config, parts),
      fastPath: parts.fastPath,
      maxConnectionsPerIp: Number(config.max_connections_per_ip ?? 0n),
      subnets: subnetsOf(config),
      limits: {
        retryAfter: config.retry_after ?? DEFAULT_RETRY_AFTER_SECONDS,
        maxCredentialBytes: Number(config.basic_auth_max_credential_bytes ?? 0n),
        linger: { totalMs: LINGER_MS, stepMs: LINGER_STEP_MS, stepBytes: LINGER_STEP_BYTES },
      },
    });
    this.#sessions = new SessionSet(this.#worker, {
      maxConnections,
      evicts: config.evict_on_queue_full ?? false,
      queueTimeout: config.accept_queue_timeout * 1_000,
      zombieInterval: config.zombie_check_interval * 1_000,
    });
    const http2 = this.#http2 = new Http2Loader(this.#worker);
    const connections = [this.#worker.upstreams, http2];
    this.#clusters = new ClusterSet(connections, parts.clock, parts.random);
    this.#listeners = new ListenerSet(this.#acceptHandler(), parts);
    this.#handOver = new HandOver(this.#listeners, parts.sockets);
    const shared = { worker: this.#worker, http2, clusters: this.#clusters, parts };
    this.#http = new HttpVerbs(this.#listeners.http, shared);
    this.#tcp = new TcpVerbs(this.#listeners.tcp, shared);
    this.#https = new HttpsVerbs(this.#listeners.https, shared);
    this.#healthChecks = new HealthChecks(parts, this.#worker.counters, http2);
    this.probes = {
      protect: ({ values, ...check }) => this.#setHealthCheck(check, values),
      valuesOf: (clusterId) => this.#healthChecks.valuesOf(clusterId),
    };
    this.measurements = this.#measure(config, onEvent);
    const { counters, upstreams } = this.#worker;
    upstreams.attempts = config.max_connection_attempts ?? DEFAULT_MAX_CONNECTION_ATTEMPTS;
    this.#traffic = new TrafficMetrics(counters, this.measurements.scopes, upstreams);
    this.#observe();
    this.#backendReport = new BackendReport(
      this.#worker.counters,
      parts.loggerOf,
      onEvent,
      (cluster, notification) => this.measurements.noticed(cluster, notification),
    );
    this.#lastTick = this.#worker.clock();
    this.#endTicks = parts.timers.every(TICK_MS, () => this.#tick());
  }

  /** Lets `accessLog` write about the traffic from now on; `null` stops it. */
  useAccessLog(accessLog: TrafficObserver | null): void {
    this.#accessLog = accessLog;
    this.#observe();
  }

  /** Lets `spanLog` record spans of the traffic from now on. */
  useSpanLog(spanLog: TrafficObserver): void {
    this.#spanLog = spanLog;
    this.#observe();
  }

  countSpans(sent: number, dropped: number): void {
    this.#worker.counters.add(Counter.SPANS_SENT, sent);
    this.#worker.counters.add(Counter.SPANS_DROPPED, dropped);
  }

  countUnsent(count: number): void {
    this.#worker.counters.add(Counter.UNSENT_ACCESS_LOGS, count);
  }

  countLostLines(count: number): void {
    this.#worker.counters.add(Counter.LOST_LOG_LINES, count);
  }

  async apply(request: Request): Promise<string | null> {
    if (request.request_type === null) return "Empty request";
    const type = plainVerb(request.request_type);
    const missing = missingFeature(type);
    if (missing !== null) return missing.message;
    if (this.#http2.isMissingFor(type)) await this.#http2.load();
    if (isAbout("http", type)) return this.#http.apply(type);
    if (isAbout("https", type)) return await this.#https.apply(type);
    if (isAbout("tcp", type)) return await this.#tcp.apply(type);
    // None of them is ever in force here, so what is removed is gone.
    if (isAbout("udp", type)) return null;
    switch (type.kind) {
      case "add_cluster":
        return this.#addCluster(type.value);
      case "remove_cluster":
        this.#healthChecks.remove(type.value);
        this.#clusters.remove(type.value);
        return null;
      case "add_backend":
        return this.#clusters.addBackend(type.value);
      case "remove_backend":
        this.#clusters.removeBackend(type.value);
        return null;
      case "set_health_check":
        return this.#setHealthCheck(type.value);
      case "remove_health_check":
        this.#healthChecks.remove(type.value);
        return null;
      case "set_max_connections_per_ip":
        this.#worker.clientLimits.setLimit(Number(type.value));
        return null;
      case "set_max_connections_per_subnet":
        this.#worker.clientLimits.subnets.setLimit(Number(type.value));
        return null;
      case "set_max_connection_attempts":
        this.#worker.upstreams.attempts = type.value;
        return null;
      case "configure_metrics":
        return this.measurements.configure(type.value);
      case "remove_listener":
        await this.#listeners.remove(type.value);
        return null;
      case "activate_listener":
        return await this.#listeners.activate(type.value, this.#activationDelays);
      case "deactivate_listener":
        return await this.#listeners.deactivate(type.value);
      default:
        return notAvailable(type.kind);
    }
  }

  get unopened(): UnopenedListeners {
    return this.#listeners.unopened;
  }

  begun(): void {
    this.#activationDelays = ACTIVATION_DELAYS_MS;
  }

  /** What is in force, to be compared with what should be. Read it, and never change it. */
  get contents(): PlaneContents {
    return {
      worker: this.#worker,
      http2: this.#http2.loaded,
      listeners: this.#listeners,
      httpRoutes: this.#http.bindings,
      https: this.#https.bindings,
      tcpServices: this.#tcp.bindings,
      clusters: this.#clusters,
      healthChecks: this.#healthChecks,
    };
  }

  handOver(step: HandOverStep): ReturnType<HandOver["execute"]> {
    return this.#handOver.execute(step);
  }

  endSessions({ cluster_id, backend_id, address }: CloseSessions): ClosedSessions {
    const target = new SessionTarget({
      clusterId: cluster_id,
      backendId: backend_id ?? null,
      address: address === undefined ? null : formatAddress(address),
    });
    // First the sessions: those that are idle have no backend connection to give back any more.
    const { closed, draining } = this.#sessions.endFor(target);
    this.#worker.upstreams.endFor(target);
    this.#http2.loaded?.upstreams.endFor(target);
    return { closed: BigInt(closed), draining: BigInt(draining) };
  }

  async windDown(): Promise<void> {
    this.#worker.draining = true;
    this.unopened.stop();
    this.#sessions.endAfterResponse();
    while (this.#sessions.size > 0) await elapsed(this.#parts.timers, TICK_MS);
  }

  async softStop(): Promise<void> {
    this.#worker.draining = true;
    this.#healthChecks.stop();
    const closed = this.#listeners.deactivateAll();
    const drained = this.#sessions.drain();
    this.#worker.upstreams.close();
    this.#http2.loaded?.upstreams.close();
    await Promise.all([closed, drained]);
    // A connection from the accept queue may have begun when all others had ended: it is drained as well.
    if (this.#sessions.size > 0) await this.#sessions.drain();
    this.#http2.loaded?.upstreams.abandon();
    this.#endTicks();
  }

  hardStop(): void {
    this.#worker.draining = true;
    this.#healthChecks.stop();
    this.#listeners.abandonAll();
    this.#sessions.closeAll();
    this.#worker.upstreams.close();
    this.#http2.loaded?.upstreams.abandon();
    this.#endTicks();
  }

  #acceptHandler(): AcceptHandler {
    const { clock, loggerOf, timers } = this.#parts;
    const log = loggerOf("worker::data_plane");
    const pause = new AcceptPause(
      (reason, count) =>
        log.error("Connections cannot be accepted ({count} times): {reason}", { reason, count }),
      clock,
      (ms) => elapsed(timers, ms),
    );
    return {
      admit: (accepted, starter, label) => {
        this.#worker.counters.add(Counter[`ACCEPTED_${label}`], 1);
        this.#sessions.admit(accepted, starter);
      },
      pause: pause.after,
    };
  }

  #observe(): void {
    const observers = [this.#traffic, this.#accessLog, this.#spanLog].filter((observer) =>
      observer !== null
    );
    observeTraffic(this.#worker, joinObservers(observers));
  }

  #measure(config: ServerConfig, onEvent: (event: Event) => void): WorkerMeasurements {
    const measurements = new WorkerMeasurements({
      worker: this.#worker,
      http2: this.#http2,
      size: {
        maxConnections: Number(config.max_connections),
        slabEntries: Number(
          config.slab_entries_per_connection ?? WORKER_SLAB_ENTRIES_PER_CONNECTION,
        ),
        startedAtMs: this.#worker.clock(),
      },
      clusters: this.#clusters,
      detail: config.metrics?.detail ?? MetricDetail.DETAIL_CLUSTER,
      isProbed: (id) => this.#healthChecks.probes(id),
      onEvent,
    });
    return measurements;
  }

  #addCluster(config: Cluster): string | null {
    const { cluster_id, health_check, sticky_session } = config;
    const refusal = healthCheckRefusal(health_check) ?? this.#clusters.add(config);
    if (refusal !== null) return refusal;
    if (sticky_session) this.#worker.stickyInUse = true;
    if (health_check === undefined) this.#healthChecks.remove(cluster_id);
    else this.#healthChecks.set(this.#clusters.get(cluster_id), health_check);
    return null;
  }

  #setHealthCheck(
    { cluster_id, config }: SetHealthCheck,
    values: readonly HealthCheckHeaderValue[] | null = null,
  ): string | null {
    const refusal = healthCheckRefusal(config);
    if (refusal === null) this.#healthChecks.set(this.#clusters.get(cluster_id), config, values);
    return refusal;
  }

  #tick(): void {
    const now = this.#worker.clock();
    this.measurements.looped(now - this.#lastTick - TICK_MS);
    this.#lastTick = now;
    this.#worker.wheel.advance(now);
    this.#worker.coarseClock.align();
    this.#healthChecks.tick(this.#worker.wheel.now);
    this.#sessions.tick();
    if (++this.#ticks % TICKS_PER_SWEEP !== 0) return;
    this.#worker.upstreams.sweep();
    this.#sessions.everySecond();
    this.#backendReport.tell(this.#clusters.values());
    this.measurements.takeShardCounts(this.#clusters.values());
    this.measurements.tick();
  }
}

function subnetsOf(config: ServerConfig): SubnetSettings {
  return {
    limit: Number(config.max_connections_per_subnet ?? 0n),
    ipv4Prefix: config.subnet_ipv4_prefix ?? DEFAULT_SUBNET_IPV4_PREFIX,
    ipv6Prefix: config.subnet_ipv6_prefix ?? DEFAULT_SUBNET_IPV6_PREFIX,
  };
}

function tracerOf({ tracing }: ServerConfig, parts: PlaneParts): Tracer | undefined {
  if (tracing === undefined) return undefined;
  return new Tracer(parts.fillRandom, tracing.sampled_per_million / MILLION);
}
