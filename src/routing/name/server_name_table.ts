// Which of several services of one address does a TLS client want? Its server name is looked up among
// exact names, then among wildcards that stand for one label, as they do in certificates.

import { parseHostRule } from "../host/host_rule.ts";
import { RouteError } from "../route_rule.ts";

/** Services by server name. */
export class ServerNameTable<S> {
  readonly #exact = new Map<string, S>();
  /** By what follows the star, with its dot. */
  readonly #wildcard = new Map<string, S>();

  /** No service has a name. */
  get empty(): boolean {
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

  /** The service of exactly this name, or of this wildcard, as {@link set} was given it. */
  get(name: string): S | null {
    const table = name.startsWith("*") ? this.#wildcard : this.#exact;
    return table.get(name.startsWith("*") ? name.slice(1) : name) ?? null;
  }

  /** The service for a name in lower case that a client asks for. */
  find(name: string): S | null {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf(".");
    return (dot < 1 ? undefined : this.#wildcard.get(name.slice(dot))) ?? null;
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
