// The HTTP or HTTPS frontends of a ConfigState, by address, host name, path rule and method. Cluster,
// position and tags are not part of the key.

import { formatAddress, normalizeAddress } from "./address.ts";
import { alreadyExists, type ConfigError, notFound, unknownEnumValue } from "./config_error.ts";
import { copyMessage } from "./message_values.ts";
import { PathRuleKind, RequestHttpFrontend, RulePosition } from "./messages.ts";
import { compareText } from "./text_order.ts";

/** The key of a frontend: `address;hostname;<k>path[;METHOD]`, k = `P` prefix, `R` regex, `=` equals. */
export function routeKey(frontend: RequestHttpFrontend): string {
  const { path, method } = frontend;
  const route = `${formatAddress(frontend.address)};${frontend.hostname};` +
    `${pathMark(path.kind)}${path.value}`;
  return method === undefined ? route : `${route};${method}`;
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

  /** Every frontend by rising key. */
  sorted(): RequestHttpFrontend[] {
    return [...this.#byKey].sort(([a], [b]) => compareText(a, b)).map(([, frontend]) => frontend);
  }

  add(frontend: RequestHttpFrontend): ConfigError | null {
    if (!Object.values(RulePosition).some((known) => known === frontend.position)) {
      return unknownEnumValue("position", frontend.position, "0 (PRE), 1 (POST), 2 (TREE)");
    }
    const key = routeKey(frontend);
    if (this.#byKey.has(key)) return alreadyExists(this.#name, key);
    const stored = copyMessage(RequestHttpFrontend, frontend);
    stored.address = normalizeAddress(frontend.address);
    this.#byKey.set(key, stored);
    return null;
  }

  remove(frontend: RequestHttpFrontend): ConfigError | null {
    const key = routeKey(frontend);
    return this.#byKey.delete(key) ? null : notFound(this.#name, key);
  }

  copy(): HttpFrontends {
    const copy = new HttpFrontends(this.#name);
    copy.#byKey = new Map(this.#byKey);
    return copy;
  }
}
