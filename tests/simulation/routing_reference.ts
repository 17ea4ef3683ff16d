// Routing as it is defined, with nothing done to be fast: every rule is looked at, names are split into
// strings, expressions run in the runtime's own engine. What the real table answers is compared with it.

import { headersKey } from "../../src/routing/header/header_tests.ts";
import {
  HeaderMatch,
  type HeaderPredicate,
  PathRuleKind,
  type RouteRule,
  RulePosition,
} from "../../src/routing/route_rule.ts";

interface Named {
  readonly rule: RouteRule;
  readonly route: number;
}

interface Request {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Names that are written differently but mean the same are one host. */
function hostKey({ hostname }: RouteRule): string {
  const fold = (label: string) => label.startsWith("/") ? label : label.toLowerCase();
  return labelsOf(hostname).map(fold).join(".");
}

/** Demands that are written differently but mean the same. */
function demands({ predicates = [] }: RouteRule): string[] {
  const texts = predicates.map(({ name, kind, value }) =>
    JSON.stringify([name.toLowerCase(), kind, value])
  );
  return [...new Set(texts)].sort();
}

/** Equal names are one field; the first one counts. */
function holds({ name, kind, value }: HeaderPredicate, fields: Request["fields"]): boolean {
  const found = fields.find(([field]) => field.toLowerCase() === name.toLowerCase());
  if (found === undefined) return false;
  if (kind === HeaderMatch.PRESENT) return true;
  if (kind === HeaderMatch.EXACT) return found[1] === value;
  return new RegExp(`^(?:${value})$`).test(found[1]);
}

function sameRule(left: RouteRule, right: RouteRule): boolean {
  const key = (rule: RouteRule) =>
    JSON.stringify([
      rule.position,
      hostKey(rule),
      rule.path.kind,
      rule.path.value,
      rule.method,
      demands(rule),
    ]);
  return key(left) === key(right);
}

function acceptsMethod(rule: RouteRule, method: string): boolean {
  return rule.method === null || rule.method === method;
}

function acceptsPath({ path }: RouteRule, asked: string): boolean {
  if (path.kind === PathRuleKind.PREFIX) return asked.startsWith(path.value);
  if (path.kind === PathRuleKind.EQUALS) return asked === path.value;
  return new RegExp(`^(?:${path.value})$`).test(asked);
}

/** The labels of a configured host; dots inside `/.../` do not separate. */
function labelsOf(hostname: string): string[] {
  return hostname.match(/\/[^/]*\/|[^.]+/g) ?? [];
}

function labelMatches(label: string, asked: string): boolean {
  return label.startsWith("/") && new RegExp(`^(?:${label.slice(1, -1)})$`, "i").test(asked);
}

function listHostMatches(hostname: string, asked: string): boolean {
  if (hostname === "*") return true;
  if (hostname.includes("/")) {
    const parts = labelsOf(hostname).map((label) =>
      label.startsWith("/") ? `(?:${label.slice(1, -1)})` : label
    );
    return new RegExp(`^${parts.join("\\.")}$`, "i").test(asked);
  }
  if (!hostname.startsWith("*")) return hostname.toLowerCase() === asked;
  const suffix = hostname.slice(1).toLowerCase();
  const taken = asked.slice(0, asked.length - suffix.length);
  return asked.endsWith(suffix) && taken !== "" && !taken.includes(".");
}

function bySource(left: string, right: string): number {
  return right.length - left.length || (left < right ? -1 : left > right ? 1 : 0);
}

export class ReferenceTable {
  #rules: Named[] = [];

  get size(): number {
    return this.#rules.length;
  }

  get rules(): readonly Named[] {
    return this.#rules;
  }

  /** `false` when the rule is there already. */
  add(rule: RouteRule, route: number): boolean {
    if (this.#rules.some((named) => sameRule(named.rule, rule))) return false;
    this.#rules.push({ rule, route });
    return true;
  }

  /** `false` when the rule was not there. */
  remove(rule: RouteRule): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((named) => !sameRule(named.rule, rule));
    return this.#rules.length < before;
  }

  lookup(request: Request): number | null {
    const asked = { ...request, host: request.host.toLowerCase() };
    return this.#list(RulePosition.PRE, asked) ?? this.#tree(asked) ??
      this.#list(RulePosition.POST, asked);
  }

  #list(position: number, request: Request): number | null {
    const rules = this.#rules.filter(({ rule }) =>
      rule.position === position && listHostMatches(rule.hostname, request.host)
    );
    return serving(rules, request)[0]?.route ?? null;
  }

  #tree(request: Request): number | null {
    const tree = this.#rules.filter(({ rule }) => rule.position === RulePosition.TREE);
    const open = tree.map((named) => ({ named, labels: labelsOf(hostKey(named.rule)) }));
    for (const leaf of leaves(open, request.host.split("."), 0)) {
      const best = serving(leaf, request)
        .sort((left, right) => compareRules(left.rule, right.rule))[0];
      if (best !== undefined) return best.route;
    }
    return null;
  }
}

/** The rules that serve a request: those that ask for its fields, or else those that ask for none. */
function serving(rules: readonly Named[], { path, method, fields }: Request): Named[] {
  const able = rules.filter(({ rule }) => acceptsPath(rule, path) && acceptsMethod(rule, method));
  const met = able.filter(({ rule: { predicates = [] } }) =>
    predicates.length > 0 && predicates.every((predicate) => holds(predicate, fields))
  );
  return met.length > 0 ? met : able.filter(({ rule: { predicates = [] } }) => !predicates.length);
}

interface Open {
  readonly named: Named;
  readonly labels: readonly string[];
}

/** The hosts that a request may be for, the first choice first. */
function* leaves(
  open: readonly Open[],
  asked: readonly string[],
  depth: number,
): Iterable<readonly Named[]> {
  if (depth === asked.length) {
    yield open.filter(({ labels }) => labels.length === depth).map(({ named }) => named);
    return;
  }
  const text = asked[asked.length - 1 - depth] ?? "";
  if (text === "") return;
  const label = (labels: readonly string[]) => labels[labels.length - 1 - depth] ?? "";
  const following = (chosen: string) => open.filter(({ labels }) => label(labels) === chosen);
  yield* leaves(following(text), asked, depth + 1);
  const sources = new Set(open.map(({ labels }) => label(labels)));
  for (const source of [...sources].filter((it) => labelMatches(it, text)).sort(bySource)) {
    yield* leaves(following(source), asked, depth + 1);
  }
  if (depth === asked.length - 1) yield* leaves(following("*"), asked, depth + 1);
}

/**
 * EQUALS and REGEX with a method, EQUALS, REGEX, then the longest prefix, with a method first; of those that
 * differ in their demands only, the most demanding.
 */
function compareRules(left: RouteRule, right: RouteRule): number {
  const rank = ({ path, method }: RouteRule) => {
    if (path.kind === PathRuleKind.PREFIX) return 4;
    return (method === null ? 2 : 0) + (path.kind === PathRuleKind.REGEX ? 1 : 0);
  };
  if (rank(left) !== rank(right)) return rank(left) - rank(right);
  return bySource(left.path.value, right.path.value) ||
    Number(left.method === null) - Number(right.method === null) ||
    demands(right).length - demands(left).length ||
    (demandsKey(left) < demandsKey(right) ? -1 : 1);
}

/** As the table orders them: its keys of demands. */
function demandsKey({ predicates = [] }: RouteRule): string {
  return headersKey(predicates);
}
