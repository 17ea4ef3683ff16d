// One rule in its compiled form, together with the route it leads to. Built once when the rule is
// added; everything that matches a request reads it and nothing changes it.

import { type HostRule, parseHostRule } from "./host_rule.ts";
import { MethodRule } from "./method_rule.ts";
import { type CompiledPath, compilePath } from "./path_rule.ts";
import {
  describeRule,
  isRulePosition,
  RouteError,
  type RouteRule,
  RulePosition,
} from "./route_rule.ts";

/** What a rule compares, without the route it leads to. */
export interface CompiledRule {
  readonly rule: RouteRule;
  readonly host: HostRule;
  readonly path: CompiledPath;
  readonly method: MethodRule | null;
}

/** A compiled rule and its route: what a lookup finds. */
export interface RouteEntry<R> extends CompiledRule {
  readonly route: R;
}

/** Checks and compiles every part of a rule. */
export function compileRule(rule: RouteRule): CompiledRule | RouteError {
  if (!isRulePosition(rule.position)) {
    return new RouteError(
      "invalid_position",
      `Invalid position in rule ${describeRule(rule)}: accepted are 0 (PRE), 1 (POST), 2 (TREE)`,
    );
  }
  const host = parseHostRule(rule.hostname, rule.position === RulePosition.TREE);
  if (host instanceof RouteError) return host;
  const path = compilePath(rule.path);
  if (path instanceof RouteError) return path;
  return { rule, host, path, method: rule.method === null ? null : new MethodRule(rule.method) };
}

/** Do both compare the same path and method? Hosts and positions are compared by where rules are kept. */
export function samePathAndMethod(left: CompiledRule, right: CompiledRule): boolean {
  return left.path.kind === right.path.kind && left.path.value === right.path.value &&
    left.method?.name === right.method?.name;
}

/** May a request with the method in `bytes[start..end)` use this rule? */
export function acceptsMethod(
  entry: CompiledRule,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  return entry.method === null || entry.method.matches(bytes, start, end);
}
