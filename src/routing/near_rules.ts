// Which rules may have been meant by a request that none of them fits: those whose host resembles the
// request's. For people who look for the reason of a 404; nothing that carries traffic asks for it.

import type { CompiledRule } from "./route_entry.ts";
import type { RouteRule } from "./route_rule.ts";

/** So many rules are looked at: there may be very many, and it is only for a line of a log. */
const MAX_LOOKED_AT = 10_000;

/** The `most` rules whose host is nearest to `host`, the nearest first. */
export function nearRules(
  entries: Iterable<CompiledRule>,
  host: string,
  most: number,
): RouteRule[] {
  const labels = labelsOf(host);
  const near: { readonly rule: RouteRule; readonly likeness: number }[] = [];
  let looked = 0;
  for (const { rule } of entries) {
    if (++looked > MAX_LOOKED_AT) break;
    const likeness = likenessOf(labels, rule.hostname);
    const at = near.findIndex((other) => other.likeness < likeness);
    if (at < 0 && near.length >= most) continue;
    near.splice(at < 0 ? near.length : at, 0, { rule, likeness });
    near.length = Math.min(near.length, most);
  }
  return near.map(({ rule }) => rule);
}

/** Two points for each label that is the same, from the right, one for each that may stand for it. */
function likenessOf(labels: readonly string[], hostname: string): number {
  const own = labelsOf(hostname);
  let likeness = own.length === labels.length ? 1 : 0;
  for (const [index, label] of own.entries()) {
    if (label === labels[index]) likeness += 2;
    else if (label === "*" || label.includes("/")) likeness += 1;
    else break;
  }
  return likeness;
}

function labelsOf(host: string): string[] {
  return host.toLowerCase().split(".").reverse();
}
