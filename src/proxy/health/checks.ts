// The active health checks of one worker: which clusters are probed, when the next round is due, which
// probes are under way. What results mean is counted by the backends themselves. Has no timer: the data
// plane's tick hands the time in and moves everything on.

import { validateHealthCheck } from "../../../config/rules/validate.ts";
import {
  HealthCheckConfig,
  type HealthCheckHeaderValue,
  HealthCheckMode,
} from "../../../config/schema/messages.ts";
import { sameHeaders } from "../../../config/values/probe_headers.ts";
import { equalMessages } from "../../../config/schema/message_values.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { Dialer } from "../../io/contracts.ts";
import { Counter, type Counters } from "../../observe/metrics/counters.ts";
import type { ModuleLog } from "../../observe/log/module_log.ts";
import { NO_LINES, probeLines } from "../../protocol/h1/probe.ts";
import type { Cluster } from "../../session/cluster.ts";
import { type Http2Slot, loadedHttp2 } from "../../session/http/http2.ts";
import { dialerTo } from "../../session/upstream/dial.ts";
import type { PlaneParts } from "../parts.ts";
import { HealthProbe, type ProbeQuestion, type ProbeResult } from "./probe.ts";
import { probePeriodMs } from "./period.ts";

/** How much probing is done at the same time. */
export interface ProbeLimits {
  /** Probes under way. */
  readonly running: number;
  /** Probes begun in one tick. */
  readonly startsPerTick: number;
}

/**
 * As many under way as in sozu 2.1. Ten thousand backends that are due together take about a second to
 * begin, so that no tick spends more than some tens of milliseconds on dialling.
 */
export const PROBE_LIMITS: ProbeLimits = { running: 65_536, startsPerTick: 1024 };

const SECOND_MS = 1000;

/** The probing of one cluster. Replaced, not changed, when its configuration is. */
interface Check {
  readonly cluster: Cluster;
  readonly config: HealthCheckConfig;
  /** The values of its headers; `null` while this process does not hold them, and then it sends no probe. */
  secrets: ProbeSecrets | null;
  /** When its backends are probed next. */
  nextAtMs: number;
  /** At most half of its backends are available, and the log has it. */
  warned: boolean;
}

/** The values of the headers of one cluster, and how probes send them. */
interface ProbeSecrets {
  readonly values: readonly HealthCheckHeaderValue[];
  readonly lines: Uint8Array;
}

/** Of a check without headers. */
const NO_SECRETS: ProbeSecrets = { values: [], lines: NO_LINES };

interface Running {
  readonly check: Check;
  readonly probe: HealthProbe;
}

/** Why the health check of a request is refused, or `null`; having none is in order. */
export function healthCheckRefusal(config: HealthCheckConfig | undefined): string | null {
  return config === undefined ? null : validateHealthCheck(config)?.message ?? null;
}

/** The values that stay when a configuration takes the place of another one; `null` for none. */
function keptSecrets(
  known: Check | undefined,
  { headers }: HealthCheckConfig,
): ProbeSecrets | null {
  if (headers.length === 0) return NO_SECRETS;
  return known !== undefined && sameHeaders(known.config.headers, headers) ? known.secrets : null;
}

function secretsOf(values: readonly HealthCheckHeaderValue[]): ProbeSecrets {
  return { values, lines: probeLines(values) };
}

/** Probes the backends of clusters that ask for it. */
export class HealthChecks {
  readonly #dialer: Dialer;
  readonly #counters: Counters;
  readonly #limits: ProbeLimits;
  readonly #log: ModuleLog;
  /** For clusters that speak it. */
  readonly #http2: Http2Slot;
  readonly #checks = new Map<string, Check>();
  /** Backends whose probe is due, in order; a backend is here or in #running, never in both. */
  readonly #waiting = new Map<Backend, Check>();
  readonly #running = new Map<Backend, Running>();
  #stopped = false;

  constructor(
    { dialer, loggerOf }: Pick<PlaneParts, "dialer" | "loggerOf">,
    counters: Counters,
    http2: Http2Slot,
    limits: ProbeLimits = PROBE_LIMITS,
  ) {
    this.#dialer = dialer;
    this.#log = loggerOf("worker::health");
    this.#counters = counters;
    this.#http2 = http2;
    this.#limits = limits;
  }

  /** Whether the backends of the cluster with this id are probed. */
  probes(clusterId: string): boolean {
    return this.#checks.has(clusterId);
  }

  /** Probes under way. */
  get running(): number {
    return this.#running.size;
  }

  /**
   * Probes the backends of `cluster` from now on. `config` must have passed
   * {@linkcode healthCheckRefusal}. The same configuration once more changes nothing. `values` are those of the
   * headers; without them, those of the headers before count when the headers are the same.
   */
  set(
    cluster: Cluster,
    config: HealthCheckConfig,
    values: readonly HealthCheckHeaderValue[] | null = null,
  ): void {
    const known = this.#checks.get(cluster.id);
    const secrets = values === null ? keptSecrets(known, config) : secretsOf(values);
    if (known !== undefined) {
      const isSame = equalMessages(HealthCheckConfig, known.config, config);
      // One that waits for its values begins when they come.
      if (isSame && (known.secrets === null) === (secrets === null)) {
        known.secrets = secrets;
        return;
      }
      this.#forget(known);
    }
    // Due since ever: the next tick begins the first round.
    const nextAtMs = Number.NEGATIVE_INFINITY;
    this.#checks.set(cluster.id, { cluster, config, secrets, nextAtMs, warned: false });
  }

  /** The values of the headers of a cluster's probes; `null` when none are held. */
  valuesOf(clusterId: string): readonly HealthCheckHeaderValue[] | null {
    return this.#checks.get(clusterId)?.secrets?.values ?? null;
  }

  /** Probes the backends of the cluster with this id no more; all of them are healthy again. */
  remove(clusterId: string): void {
    const check = this.#checks.get(clusterId);
    if (check === undefined) return;
    this.#forget(check);
    check.cluster.backends.resetHealth();
  }

  /** It is `nowMs`: ends probes that are late, begins those that are due. Call it on every tick. */
  tick(nowMs: number): void {
    if (this.#stopped) return;
    for (const [backend, { probe }] of this.#running) {
      if (backend.status === "normal") probe.checkDeadline(nowMs);
      else this.#cancel(backend, probe);
    }
    for (const check of this.#checks.values()) {
      if (nowMs >= check.nextAtMs) this.#beginRound(check, nowMs);
    }
    this.#startWaiting(nowMs);
  }

  /** Ends every probe and begins no other one; health stays as last seen. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.clear();
    for (const [backend, { probe }] of this.#running) this.#cancel(backend, probe);
  }

  #beginRound(check: Check, nowMs: number): void {
    const { members } = check.cluster.backends;
    // The round stays due, so that the first backend to come is probed at once.
    if (members.length === 0) return;
    if (check.secrets === null) this.#counters.add(Counter.HEALTH_MISSING_SECRET, members.length);
    else {
      for (const backend of members) {
        if (!this.#running.has(backend)) this.#waiting.set(backend, check);
      }
    }
    check.nextAtMs = nowMs + probePeriodMs(check.cluster.id, check.config.interval);
  }

  #startWaiting(nowMs: number): void {
    let starts = 0;
    for (const [backend, check] of this.#waiting) {
      const { running, startsPerTick } = this.#limits;
      if (starts === startsPerTick || this.#running.size >= running) return;
      this.#waiting.delete(backend);
      if (backend.status !== "normal") continue;
      starts++;
      void this.#probe(backend, check, nowMs);
    }
  }

  async #probe(backend: Backend, check: Check, nowMs: number): Promise<void> {
    const deadlineMs = nowMs + check.config.timeout * SECOND_MS;
    const probe = new HealthProbe(backend.address, this.#question(check), deadlineMs);
    this.#running.set(backend, { check, probe });
    const result = await probe.run(dialerTo(this.#dialer, backend));
    // A cancelled probe has left already, and another one may have taken its place.
    if (this.#running.get(backend)?.probe !== probe) return;
    this.#running.delete(backend);
    this.#record(backend, check, result);
  }

  #question({ cluster, config, secrets }: Check): ProbeQuestion {
    return {
      tcp: config.mode === HealthCheckMode.HEALTH_CHECK_MODE_TCP,
      port: config.port ?? null,
      uri: config.uri,
      lines: secrets?.lines ?? NO_LINES,
      expectedStatus: config.expected_status,
      acceptedStatuses: config.accepted_statuses,
      http2: cluster.settings.http2 ? loadedHttp2(this.#http2) : null,
    };
  }

  #record(backend: Backend, check: Check, result: ProbeResult): void {
    const { cluster, config } = check;
    const success = result.kind === "success";
    this.#counters.add(success ? Counter.HEALTH_SUCCESS : Counter.HEALTH_FAILURE, 1);
    const wasHealthy = backend.health.healthy;
    cluster.backends.recordProbe(backend, success, {
      healthy: config.healthy_threshold,
      unhealthy: config.unhealthy_threshold,
    });
    if (backend.health.healthy === wasHealthy) return;
    this.#counters.add(success ? Counter.HEALTH_UP : Counter.HEALTH_DOWN, 1);
    this.#tell(backend, cluster, result);
    this.#tellHalf(check);
  }

  /** A backend became healthy, or with this failure unhealthy. */
  #tell(backend: Backend, cluster: Cluster, result: ProbeResult): void {
    const names = { id: backend.id, address: backend.address.text, cluster: cluster.id };
    if (result.kind !== "failure") {
      this.#log.info('Backend "{id}" ({address}) of cluster "{cluster}" is healthy again', names);
      return;
    }
    this.#log.warn('Backend "{id}" ({address}) of cluster "{cluster}" is unhealthy: {reason}', {
      ...names,
      reason: result.reason,
    });
  }

  /** Warns once each time no more than half of the backends are left. */
  #tellHalf(check: Check): void {
    const { id, backends } = check.cluster;
    const isHalf = backends.availableCount * 2 <= backends.size;
    if (isHalf && !check.warned) {
      this.#log.warn('Only {available} of {total} backends of cluster "{cluster}" are available', {
        available: backends.availableCount,
        total: backends.size,
        cluster: id,
      });
    }
    check.warned = isHalf;
  }

  /** Ends the probing of a cluster, without a word about the health of its backends. */
  #forget(check: Check): void {
    this.#checks.delete(check.cluster.id);
    for (const [backend, waitingFor] of this.#waiting) {
      if (waitingFor === check) this.#waiting.delete(backend);
    }
    for (const [backend, { check: asking, probe }] of this.#running) {
      if (asking === check) this.#cancel(backend, probe);
    }
  }

  #cancel(backend: Backend, probe: HealthProbe): void {
    this.#running.delete(backend);
    probe.cancel();
  }
}
