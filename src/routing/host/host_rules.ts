// What a configured host leads to: the index of its rules or, as with nearly every host, its only rule,
// which then stands for itself.

import { PathIndex } from "../path/path_index.ts";
import { type CompiledRule, Plain, type RouteEntry, samePathAndMethod } from "../route_entry.ts";

/** The rules of one host: an index, or one plain rule. */
export type HostRules<R> = PathIndex<R> | RouteEntry<R>;

/** The winning rule for a path and a method in `bytes`, or `null`. */
export function matchPath<R>(
  rules: HostRules<R>,
  bytes: Uint8Array,
  pathStart: number,
  pathEnd: number,
  methodStart: number,
  methodEnd: number,
): RouteEntry<R> | null {
  const { plain } = rules;
  if (plain === Plain.HOLDER) {
    return (rules as PathIndex<R>).match(bytes, pathStart, pathEnd, methodStart, methodEnd);
  }
  const fits = plain === Plain.ANY_PATH || (pathStart < pathEnd && bytes[pathStart] === plain);
  return fits ? rules as RouteEntry<R> : null;
}

/** Every rule of a host. */
export function* entriesOf<R>(rules: HostRules<R> | null): Iterable<RouteEntry<R>> {
  if (rules === null) return;
  if (rules.plain === Plain.HOLDER) yield* (rules as PathIndex<R>).entries();
  else yield rules as RouteEntry<R>;
}

/** The rules with one more, `null` when the same one is there. */
export function withRule<R>(
  rules: HostRules<R> | null,
  entry: RouteEntry<R>,
): HostRules<R> | null {
  if (rules === null && entry.plain !== Plain.NO) return entry;
  const index = rules === null ? new PathIndex<R>() : asIndex(rules);
  return index.add(entry) ? index : null;
}

/** The rules without one, `null` when that was the last, `false` when it was not there. */
export function withoutRule<R>(
  rules: HostRules<R>,
  rule: CompiledRule,
): HostRules<R> | null | false {
  if (rules.plain !== Plain.HOLDER) {
    return samePathAndMethod(rules as RouteEntry<R>, rule) ? null : false;
  }
  const index = rules as PathIndex<R>;
  if (!index.remove(rule)) return false;
  return index.empty ? null : index;
}

function asIndex<R>(rules: HostRules<R>): PathIndex<R> {
  if (rules.plain === Plain.HOLDER) return rules as PathIndex<R>;
  const index = new PathIndex<R>();
  index.add(rules as RouteEntry<R>);
  return index;
}
