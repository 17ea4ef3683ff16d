// Which of several services of one address does a TLS client want? Its server name is looked up among
// exact names, then among wildcards that stand for one label, as they do in certificates. What asks for
// no name, or for one nobody serves, belongs to the service without a name, if there is one.

import { parseHostRule } from "../host/host_rule.ts";
import { RouteError } from "../route_rule.ts";

/** Services by server name. */
export class ServerNameTable<S> {
  readonly #exact = new Map<string, S>();
  /** By what follows the star, with its dot. */
  readonly #wildcard = new Map<string, S>();
  /** The service of every other connection. */
  fallback: S | null = null;

  /** No service has a name: names need not be known. */
  get unnamed(): boolean {
    return this.#exact.size === 0 && this.#wildcard.size === 0;
  }

  /** Gives a name (see {@link parseServerName}) to a service, or takes it away with `null`. */
  set(name: string, service: S | null): void {
    const [table, key] = name.startsWith("*")
      ? [this.#wildcard, name.slice(1)]
      : [this.#exact, name];
    if (service === null) table.delete(key);
    else table.set(key, service);
  }

  /** The service for a name in lower case, or for a client that gives none. */
  find(name: string | null): S | null {
    if (name === null) return this.fallback;
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf(".");
    const wildcard = dot < 0 ? undefined : this.#wildcard.get(name.slice(dot));
    return wildcard ?? this.fallback;
  }
}

/** The name as {@link ServerNameTable} takes it: ASCII, lower case; the refusal of any other text. */
export function parseServerName(text: string): string | RouteError {
  const rule = parseHostRule(text, true);
  if (rule instanceof RouteError) return rule;
  if (rule.kind === "exact") return rule.text.replace(/\.$/, "");
  if (rule.kind === "wildcard" && /^\*\.[^*]+$/.test(rule.text)) return rule.text;
  return new RouteError(
    "invalid_host",
    `Invalid server name "${text}": a name and "*." followed by a name are accepted`,
  );
}
