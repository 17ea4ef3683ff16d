// Routing as it is defined, with nothing done to be fast: every rule is looked at, names are split into
// strings, expressions run in the runtime's own engine. What the real table answers is compared with it.

import { PathRuleKind, type RouteRule, RulePosition } from "../../src/routing/route_rule.ts";

interface Named {
  readonly rule: RouteRule;
  readonly route: number;
}

interface Request {
  readonly method: string;
  readonly host: string;
  readonly path: string;
}

const REGISTERED = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT"];

function methodKey(method: string): string {
  const upper = method.toUpperCase();
  return REGISTERED.includes(upper) ? upper : method;
}

/** Names that are written differently but mean the same are one host. */
function hostKey({ position, hostname }: RouteRule): string {
  if (position === RulePosition.TREE || !hostname.includes("/")) return hostname.toLowerCase();
  const fold = (label: string) => label.startsWith("/") ? label : label.toLowerCase();
  return labelsOf(hostname).map(fold).join(".");
}

function sameRule(left: RouteRule, right: RouteRule): boolean {
  const key = (rule: RouteRule) =>
    JSON.stringify([
      rule.position,
      hostKey(rule),
      rule.path.kind,
      rule.path.value,
      rule.method === null ? null : methodKey(rule.method),
    ]);
  return key(left) === key(right);
}

function acceptsMethod(rule: RouteRule, method: string): boolean {
  return rule.method === null || methodKey(rule.method) === methodKey(method);
}

function acceptsPath({ path }: RouteRule, asked: string): boolean {
  if (path.kind === PathRuleKind.PREFIX) return asked.startsWith(path.value);
  if (path.kind === PathRuleKind.EQUALS) return asked === path.value;
  return new RegExp(path.value).test(asked);
}

/** The labels of a configured host; dots inside `/.../` do not separate. */
function labelsOf(hostname: string): string[] {
  return hostname.match(/\/[^/]*\/|[^.]+/g) ?? [];
}

function labelMatches(label: string, asked: string): boolean {
  return label.startsWith("/") && new RegExp(`^(?:${label.slice(1, -1)})$`).test(asked);
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

  #list(position: number, { host, path, method }: Request): number | null {
    const found = this.#rules.find(({ rule }) =>
      rule.position === position && listHostMatches(rule.hostname, host) &&
      acceptsPath(rule, path) && acceptsMethod(rule, method)
    );
    return found?.route ?? null;
  }

  #tree({ host, path, method }: Request): number | null {
    const tree = this.#rules.filter(({ rule }) => rule.position === RulePosition.TREE);
    const leaf = selectHost(tree, host.split(".")).filter(({ rule }) =>
      acceptsPath(rule, path) && acceptsMethod(rule, method)
    );
    return leaf.sort((left, right) => compareRules(left.rule, right.rule))[0]?.route ?? null;
  }
}

/** Follows the labels from the right among the rules that are still in question. */
function selectHost(tree: readonly Named[], asked: readonly string[]): readonly Named[] {
  let open = tree.map((named) => ({ named, labels: labelsOf(named.rule.hostname.toLowerCase()) }));
  for (let depth = 0; depth < asked.length; depth++) {
    const text = asked[asked.length - 1 - depth] ?? "";
    const label = (labels: readonly string[]) => labels[labels.length - 1 - depth];
    const leftmost = depth === asked.length - 1;
    const literal = open.filter(({ labels }) => label(labels) === text);
    const wildcard = open.filter(({ labels }) => label(labels) === "*");
    if (literal.length > 0 && text !== "*") {
      open = literal;
    } else if (leftmost && wildcard.length > 0 && text !== "") {
      open = wildcard;
    } else {
      const sources = open.map(({ labels }) => label(labels) ?? "")
        .filter((candidate) => text !== "" && labelMatches(candidate, text)).sort(bySource);
      open = open.filter(({ labels }) => sources.length > 0 && label(labels) === sources[0]);
    }
  }
  return open.filter(({ labels }) => labels.length === asked.length).map(({ named }) => named);
}

/** EQUALS and REGEX with a method, EQUALS, REGEX, then the longest prefix, with a method first. */
function compareRules(left: RouteRule, right: RouteRule): number {
  const rank = ({ path, method }: RouteRule) => {
    if (path.kind === PathRuleKind.PREFIX) return 4;
    return (method === null ? 2 : 0) + (path.kind === PathRuleKind.REGEX ? 1 : 0);
  };
  if (rank(left) !== rank(right)) return rank(left) - rank(right);
  return bySource(left.path.value, right.path.value) ||
    Number(left.method === null) - Number(right.method === null);
}
