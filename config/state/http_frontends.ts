// The HTTP or HTTPS frontends of a ConfigState, by address, host name, path rule, method and header
// predicates. Cluster, position and tags are not part of the key.

import { headerPredicate } from "../rules/route_rule.ts";
import { parseHostRule } from "../../src/routing/host/host_rule.ts";
import { headersKey } from "../../src/routing/header/header_tests.ts";
import { RouteError } from "../../src/routing/route_rule.ts";
import { formatAddress, normalizeAddress } from "../values/address.ts";
import { alreadyExists, type ConfigError, notFound } from "./config_error.ts";
import { copyMessage } from "../schema/message_values.ts";
import { PathRuleKind, RequestHttpFrontend, RulePosition } from "../schema/messages.ts";
import { compareText } from "../values/text_order.ts";

/**
 * The key of a frontend: `address;hostname;<k>path[;METHOD]`, k = `P` prefix, `R` regex, `=` equals, and
 * `;H<kind>:"<name>"[="<value>"]` for each header predicate. Host and header names as requests are compared
 * with them: two spellings of one route have one key.
 */
export function routeKey(frontend: RequestHttpFrontend): string {
  const { header_predicates } = frontend;
  const key = openKey(frontend);
  if (header_predicates.length === 0) return key;
  return key + headersKey(header_predicates.map(headerPredicate));
}

/** The key as it is shown: values of header predicates may be secrets. */
function shownKey(frontend: RequestHttpFrontend): string {
  const names = frontend.header_predicates.map(({ name }) => JSON.stringify(name));
  return openKey(frontend) + (names.length === 0 ? "" : ` for header ${names.join(", ")}`);
}

/** The part of the key that has no header predicates. */
function openKey(frontend: RequestHttpFrontend): string {
  const { path, method } = frontend;
  const route = `${formatAddress(frontend.address)};${comparedHost(frontend)};` +
    `${pathMark(path.kind)}${path.value}`;
  return method === undefined ? route : `${route};${method}`;
}

/** Names that are compared as they are written: nearly all. */
const COMPARED = /^[a-z0-9.*_-]+$/;

function comparedHost({ hostname, position }: RequestHttpFrontend): string {
  if (COMPARED.test(hostname)) return hostname;
  const rule = parseHostRule(hostname, position === RulePosition.TREE);
  return rule instanceof RouteError ? hostname : rule.text;
}

function pathMark(kind: PathRuleKind): string {
  switch (kind) {
    case PathRuleKind.PREFIX:
      return "P";
    case PathRuleKind.REGEX:
      return "R";
    case PathRuleKind.EQUALS:
      return "=";
    default:
      return `?${kind}`;
  }
}

/** Frontends of one protocol by `routeKey`. */
export class HttpFrontends {
  readonly #name: string;
  #byKey = new Map<string, RequestHttpFrontend>();
  /** The same of each cluster: a cluster takes its frontends with it, of very many. */
  #byCluster = new Map<string, Map<string, RequestHttpFrontend>>();

  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Frontends by key in the order in which they were added: of rules before and after the tree, the first wins. */
  entries(): ReadonlyMap<string, RequestHttpFrontend> {
    return this.#byKey;
  }

  /** The frontends that lead to a cluster, in the order in which they were added. */
  of(clusterId: string): Iterable<RequestHttpFrontend> {
    return this.#byCluster.get(clusterId)?.values() ?? [];
  }

  /** Every frontend by rising key. */
  sorted(): RequestHttpFrontend[] {
    return [...this.#byKey].sort(([a], [b]) => compareText(a, b)).map(([, frontend]) => frontend);
  }

  add(frontend: RequestHttpFrontend): ConfigError | null {
    const key = routeKey(frontend);
    if (this.#byKey.has(key)) return alreadyExists(this.#name, shownKey(frontend));
    const stored = copyMessage(RequestHttpFrontend, frontend);
    stored.address = normalizeAddress(frontend.address);
    this.#byKey.set(key, stored);
    const { cluster_id } = stored;
    if (cluster_id === undefined) return null;
    let bucket = this.#byCluster.get(cluster_id);
    if (bucket === undefined) this.#byCluster.set(cluster_id, bucket = new Map());
    bucket.set(key, stored);
    return null;
  }

  /** Removes a frontend of the cluster that the request names, or one that denies when it names none. */
  remove(frontend: RequestHttpFrontend): ConfigError | null {
    const key = routeKey(frontend);
    const stored = this.#byKey.get(key);
    if (stored === undefined) return notFound(this.#name, shownKey(frontend));
    if (stored.cluster_id !== frontend.cluster_id) {
      const owner = (id: string | undefined) => id === undefined ? "no cluster" : `cluster "${id}"`;
      return {
        kind: "not_found",
        message:
          `${this.#name} "${shownKey(frontend)}" leads to ${owner(stored.cluster_id)}, not to ` +
          owner(frontend.cluster_id),
        field: "cluster_id",
      };
    }
    this.#byKey.delete(key);
    const bucket = this.#byCluster.get(stored.cluster_id ?? "");
    bucket?.delete(key);
    if (bucket?.size === 0) this.#byCluster.delete(stored.cluster_id ?? "");
    return null;
  }

  copy(): HttpFrontends {
    const copy = new HttpFrontends(this.#name);
    copy.#byKey = new Map(this.#byKey);
    for (const [id, bucket] of this.#byCluster) copy.#byCluster.set(id, new Map(bucket));
    return copy;
  }
}
