// One rule in its compiled form, together with the route it leads to. Built once when the rule is
// added; everything that matches a request reads it and nothing changes it.

import { compileHeaderTests, type HeaderTests } from "./header/header_tests.ts";
import { type HostRule, parseHostRule } from "./host/host_rule.ts";
import { MethodRule } from "./method_rule.ts";
import { type CompiledPath, compilePath } from "./path/path_rule.ts";
import {
  describeRule,
  isRulePosition,
  PathRuleKind,
  RouteError,
  type RouteRule,
  RulePosition,
} from "./route_rule.ts";

/**
 * What every object has that may stand where a rule can: a number that tells a plain rule, which wants
 * no more of a path than its first byte, from everything else without looking further. Tables keep such
 * a rule itself in place of the objects that hold several: with very many rules each object on the way
 * to one is a read of memory that no cache has.
 */
export const Plain = {
  /** A rule for every path. */
  ANY_PATH: -1,
  /** A rule that compares more than a first byte, or the method. */
  NO: -2,
  /** Not a rule but something that holds rules. */
  HOLDER: -3,
  /** Holds rules some of which ask for header fields. */
  GUARDED: -4,
} as const;

/** What a rule compares, without the route it leads to. */
export interface CompiledRule {
  /** The byte a path must begin with, or one of {@link Plain}. */
  readonly plain: number;
  readonly rule: RouteRule;
  readonly host: HostRule;
  readonly path: CompiledPath;
  readonly method: MethodRule | null;
  /** What it asks of the header fields; `null` for nothing. */
  readonly tests: HeaderTests | null;
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
  const method = rule.method === null ? null : new MethodRule(rule.method);
  const tests = compileHeaderTests(rule.predicates ?? []);
  if (tests instanceof RouteError) return tests;
  const plain = tests === null ? plainByte(path, method) : Plain.NO;
  return { plain, rule, host, path, method, tests };
}

function plainByte(path: CompiledPath, method: MethodRule | null): number {
  const plain = path.kind === PathRuleKind.PREFIX && path.bytes.length <= 1 && method === null;
  return plain ? path.bytes[0] ?? Plain.ANY_PATH : Plain.NO;
}

/** Do both compare the same but for hosts and positions, which are compared by where rules are kept? */
export function sameDemands(left: CompiledRule, right: CompiledRule): boolean {
  return left.path.kind === right.path.kind && left.path.value === right.path.value &&
    left.method?.name === right.method?.name && left.tests?.key === right.tests?.key;
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
