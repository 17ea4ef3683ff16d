// The order among rules of one host that match the same request, whenever they were added:
//   1. EQUALS with the request's method      4. REGEX for all methods
//   2. REGEX with the request's method       5. the longest PREFIX; of equal length,
//   3. EQUALS for all methods                   the one with the request's method
// Among expressions see compareRegexSources.

import { compareRegexSources } from "../linear_regex.ts";
import type { CompiledRule } from "../route_entry.ts";
import { PathRuleKind } from "../route_rule.ts";

/** Negative when `left` comes first, zero when their paths and methods decide nothing. */
export function comparePathOrder(left: CompiledRule, right: CompiledRule): number {
  const byClass = orderClass(left) - orderClass(right);
  if (byClass !== 0) return byClass;
  if (left.path.kind === PathRuleKind.EQUALS) return 0;
  if (left.path.kind === PathRuleKind.REGEX) {
    return compareRegexSources(left.path.value, right.path.value);
  }
  const byLength = right.path.bytes.length - left.path.bytes.length;
  return byLength !== 0 ? byLength : Number(left.method === null) - Number(right.method === null);
}

function orderClass({ path, method }: CompiledRule): number {
  if (path.kind === PathRuleKind.PREFIX) return 4;
  return (method === null ? 2 : 0) + (path.kind === PathRuleKind.REGEX ? 1 : 0);
}
