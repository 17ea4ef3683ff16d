// The steps in which main changes a health check whose headers have values: every worker prepares, every worker
// commits, and what was before is kept until main releases it or takes the change back. Values never leave this
// process: neither answers nor refusals have them.

import { validateVerb } from "../../../config/rules/validate_verb.ts";
import {
  type HealthCheckConfig,
  type HealthCheckHeaderValue,
  type ProtectedHealthCheckOrder,
  ProtectedHealthCheckPhase,
  type SetProtectedHealthCheck,
} from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { removeHealthCheck, setHealthCheck, type Verb } from "../../../config/state/verb.ts";

/** The probes of a data plane. */
export interface ProtectedProbes {
  /** Puts a check into force with the values of its headers; the reason when it is refused. */
  protect(request: SetProtectedHealthCheck): string | null;
  /** The values that the probes of a cluster send; `null` when none are held. */
  valuesOf(clusterId: string): readonly HealthCheckHeaderValue[] | null;
}

/** Where checks go into force. */
export interface ProtectedOrdersParts {
  readonly state: ConfigState;
  readonly probes: ProtectedProbes;
  /** Puts a request into force that the state has accepted; the reason when it is refused. */
  readonly apply: (verb: Verb) => Promise<string | null>;
}

/** A check that is to come into force. */
interface Prepared {
  readonly version: bigint;
  readonly request: SetProtectedHealthCheck;
}

/** What a check has replaced. */
interface Replaced {
  readonly version: bigint;
  readonly config: HealthCheckConfig | undefined;
  readonly values: readonly HealthCheckHeaderValue[] | null;
}

/** Executes the orders of main about one worker. Each cluster has one change at a time. */
export class ProtectedOrders {
  readonly #parts: ProtectedOrdersParts;
  readonly #prepared = new Map<string, Prepared>();
  readonly #replaced = new Map<string, Replaced>();

  constructor(parts: ProtectedOrdersParts) {
    this.#parts = parts;
  }

  /** Executes one order; the reason when it is refused. */
  async execute(order: ProtectedHealthCheckOrder): Promise<string | null> {
    const { phase, cluster_id } = order;
    switch (phase) {
      case ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_CAPABILITY:
        return null;
      case ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_PREPARE:
        return this.#prepare(order);
      case ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_COMMIT:
        return this.#commit(order);
      case ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_ABORT:
        return await this.#abort(order);
      case ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_RELEASE:
        this.#prepared.delete(cluster_id);
        this.#replaced.delete(cluster_id);
        return null;
      default:
        return `There is no phase ${phase}`;
    }
  }

  #prepare({ cluster_id, version, prepare }: ProtectedHealthCheckOrder): string | null {
    if (prepare === undefined || prepare.cluster_id !== cluster_id) {
      return "The order names no values of its cluster";
    }
    const problem = validateVerb({ kind: "set_protected_health_check", value: prepare });
    if (problem !== null) return problem.message;
    if (prepare.config.headers.some(({ fingerprint }) => fingerprint === "")) {
      return "A header has no fingerprint";
    }
    if (this.#parts.state.tables.clusters.get(cluster_id) === undefined) {
      return `Cannot find cluster "${cluster_id}"`;
    }
    this.#replaced.delete(cluster_id);
    this.#prepared.set(cluster_id, { version, request: prepare });
    return null;
  }

  #commit({ cluster_id, version }: ProtectedHealthCheckOrder): string | null {
    const prepared = this.#prepared.get(cluster_id);
    if (prepared?.version !== version) return "The change was not prepared";
    this.#prepared.delete(cluster_id);
    const { state, probes } = this.#parts;
    const before: Replaced = {
      version,
      config: state.tables.clusters.get(cluster_id)?.health_check,
      values: probes.valuesOf(cluster_id),
    };
    const refusal = state.apply({ request_type: setHealthCheck(prepared.request) });
    if (refusal !== null) return refusal.message;
    this.#replaced.set(cluster_id, before);
    return probes.protect(prepared.request);
  }

  /** What was prepared is dropped, and what was replaced is in force again. */
  async #abort({ cluster_id, version }: ProtectedHealthCheckOrder): Promise<string | null> {
    if (this.#prepared.get(cluster_id)?.version === version) this.#prepared.delete(cluster_id);
    const replaced = this.#replaced.get(cluster_id);
    if (replaced?.version !== version) return null;
    this.#replaced.delete(cluster_id);
    const { state, probes, apply } = this.#parts;
    const { config, values } = replaced;
    const verb = config === undefined
      ? removeHealthCheck(cluster_id)
      : setHealthCheck({ cluster_id, config });
    const refusal = state.apply({ request_type: verb })?.message ?? null;
    if (refusal !== null) return refusal;
    if (config === undefined || values === null) return await apply(verb);
    return probes.protect({ cluster_id, config, values: [...values] });
  }
}
