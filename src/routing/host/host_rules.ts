// What a configured host leads to: the index of its rules or, as with nearly every host, its only rule,
// which then stands for itself.

import type { MessageHead } from "../../protocol/http/message_head.ts";
import { GuardedRules } from "../header/guarded_rules.ts";
import { PathIndex } from "../path/path_index.ts";
import { type CompiledRule, Plain, type RouteEntry, sameDemands } from "../route_entry.ts";

/** The rules of one host: an index, or one plain rule. */
export type HostRules<R> = PathIndex<R> | GuardedRules<R> | RouteEntry<R>;

/** The winning rule for a path and a method in `bytes`, and for the fields of `head`, or `null`. */
export function matchPath<R>(
  rules: HostRules<R>,
  bytes: Uint8Array,
  pathStart: number,
  pathEnd: number,
  methodStart: number,
  methodEnd: number,
  head: MessageHead | null,
): RouteEntry<R> | null {
  const { plain } = rules;
  if (plain === Plain.HOLDER) {
    return (rules as PathIndex<R>).match(bytes, pathStart, pathEnd, methodStart, methodEnd);
  }
  const fits = plain === Plain.ANY_PATH || (pathStart < pathEnd && bytes[pathStart] === plain);
  if (fits) return rules as RouteEntry<R>;
  if (plain !== Plain.GUARDED) return null;
  return (rules as GuardedRules<R>)
    .match(bytes, pathStart, pathEnd, methodStart, methodEnd, head);
}

/** Every rule of a host. */
export function* entriesOf<R>(rules: HostRules<R> | null): Iterable<RouteEntry<R>> {
  if (rules === null) return;
  if (isSole(rules)) yield rules;
  else yield* rules.entries();
}

/** The rules with one more, `null` when the same one is there. */
export function withRule<R>(
  rules: HostRules<R> | null,
  entry: RouteEntry<R>,
): HostRules<R> | null {
  if (rules === null && entry.plain !== Plain.NO) return entry;
  const holder = asHolder(rules, entry);
  return holder.add(entry) ? holder : null;
}

/** The rules without one, `null` when that was the last, `false` when it was not there. */
export function withoutRule<R>(
  rules: HostRules<R>,
  rule: CompiledRule,
): HostRules<R> | null | false {
  if (isSole(rules)) return sameDemands(rules, rule) ? null : false;
  // Without its demands it would be taken for the rule that asks for no fields.
  if (rules instanceof PathIndex && rule.tests !== null) return false;
  if (!rules.remove(rule)) return false;
  if (rules instanceof PathIndex) return rules.empty ? null : rules;
  const open = rules.openOnly;
  if (open === null) return rules;
  return open.empty ? null : open;
}

/** What can hold the rules and one more. */
function asHolder<R>(
  rules: HostRules<R> | null,
  more: CompiledRule,
): PathIndex<R> | GuardedRules<R> {
  if (rules instanceof GuardedRules) return rules;
  const index = rules instanceof PathIndex ? rules : new PathIndex<R>();
  if (rules !== null && isSole(rules)) index.add(rules);
  return more.tests === null ? index : new GuardedRules<R>(index);
}

function isSole<R>(rules: HostRules<R>): rules is RouteEntry<R> {
  return rules.plain !== Plain.HOLDER && rules.plain !== Plain.GUARDED;
}
