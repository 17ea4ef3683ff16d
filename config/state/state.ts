// ConfigState: what is configured, as a fold over requests. The main process and every worker hold
// one; the same sequence of requests gives equal states everywhere. It knows nothing of sockets,
// processes or files: a request is applied whole, or refused whole with a reason.

import { type Admission, validValues } from "../rules/admission.ts";
import type { CertificateParser } from "../values/certificate.ts";
import type { ConfigError } from "./config_error.ts";
import type { Request, RequestCounts } from "../schema/messages.ts";
import { dumpTables } from "./dump.ts";
import { equalTables } from "./equality.ts";
import { type ReadonlyTables, StateTables } from "./tables.ts";
import { applyVerb, verbName } from "./verbs.ts";
import { compareText } from "../values/text_order.ts";

/** Most that a counter of the census shows: it is an int32 on the wire. */
const CENSUS_LIMIT = 0x7fffffff;

/** Sizes of a state. */
export interface StateCounts {
  readonly clusters: number;
  readonly backends: number;
  /** HTTP, HTTPS, TCP and UDP frontends. */
  readonly frontends: number;
}

/**
 * The configuration of one process. Answers of its methods share the stored objects: read them, and
 * never write to them.
 */
export class ConfigState {
  readonly #parseCertificate: CertificateParser;
  readonly #admission: Admission;
  #tables: StateTables;
  #census = new Map<string, number>();

  /** `admission` is asked about each request before anything else. */
  constructor(parseCertificate: CertificateParser, admission: Admission = validValues) {
    this.#parseCertificate = parseCertificate;
    this.#admission = admission;
    this.#tables = new StateTables(parseCertificate);
  }

  /**
   * Applies a request. `null` means accepted; a refusal changes nothing but the census of verbs.
   * What is stored is copied from the request.
   */
  apply(request: Request): ConfigError | null {
    const verb = request.request_type;
    if (verb === null) {
      return { kind: "empty_request", message: "Cannot apply an empty request: it names no verb" };
    }
    const name = verbName(verb.kind);
    this.#census.set(name, Math.min((this.#census.get(name) ?? 0) + 1, CENSUS_LIMIT));
    return this.#admission(verb) ?? applyVerb(this.#tables, verb);
  }

  /** Why a request is refused whatever is configured, or `null`. Changes nothing. */
  objection(request: Request): ConfigError | null {
    return request.request_type === null ? null : this.#admission(request.request_type);
  }

  /** The objects themselves, for reading. */
  get tables(): ReadonlyTables {
    return this.#tables;
  }

  /** The requests that rebuild this state from an empty one (the census excepted). */
  dump(): Request[] {
    return dumpTables(this.#tables);
  }

  /** An independent state with the same configuration and census. */
  clone(): ConfigState {
    const clone = new ConfigState(this.#parseCertificate, this.#admission);
    clone.#tables = this.#tables.copy(this.#parseCertificate);
    clone.#census = new Map(this.#census);
    return clone;
  }

  /** Whether both hold the same configuration; the census does not count. */
  equals(other: ConfigState): boolean {
    return equalTables(this.#tables, other.#tables);
  }

  /** How often each verb was given to `apply`, refused or not, by CamelCase name. */
  requestCounts(): RequestCounts {
    return { map: new Map([...this.#census].sort(([a], [b]) => compareText(a, b))) };
  }

  /** Ids of the backends of a cluster; `null` when there is no such cluster. */
  backendIds(clusterId: string): ReadonlySet<string> | null {
    const { clusters, backends } = this.#tables;
    if (clusters.get(clusterId) === undefined) return null;
    return new Set([...backends.of(clusterId).values()].map(({ backend_id }) => backend_id));
  }

  /** How many clusters, backends and frontends there are; cheap enough for every request. */
  counts(): StateCounts {
    const { clusters, backends, httpFrontends, httpsFrontends, tcpFrontends, udpFrontends } =
      this.#tables;
    const frontends = httpFrontends.size + httpsFrontends.size + tcpFrontends.size +
      udpFrontends.size;
    return { clusters: clusters.size, backends: backends.size, frontends };
  }
}
