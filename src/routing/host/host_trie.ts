// The tree of host names: which rule of which host is a request for? Labels are followed from the right;
// at each step the literal label is tried, then the expressions that match, then the wildcard for the
// leftmost label. A host that serves no rule for the request passes it on to the next candidate, so
// `*.shop.test` answers what `api.shop.test` has no rule for. Literal labels are kept in scopes; an
// expression starts a new scope, within which suffixes begin again.

import type { MessageHead } from "../../protocol/http/message_head.ts";
import type { HostLabel, HostRule } from "./host_rule.ts";
import { type HostRules, withoutRule, withRule } from "./host_rules.ts";
import { type HostNode, HostScope } from "./host_scope.ts";
import { compareRegexSources, type LinearRegex } from "../linear_regex.ts";
import { type CompiledRule, Plain, type RouteEntry } from "../route_entry.ts";

/** The place of one configured host. */
interface HostPlace<R> {
  readonly node: HostNode<R>;
  readonly wildcard: boolean;
}

export class HostTrie<R> {
  readonly #top = new HostScope<R>(null);

  /** The rule for the request whose host is `bytes[start..end)`, or `null` when no host has one. */
  match(
    bytes: Uint8Array,
    start: number,
    end: number,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
    head: MessageHead | null,
  ): RouteEntry<R> | null {
    if (start === end) return null;
    return this.#top.match(
      bytes,
      start,
      end,
      pathStart,
      pathEnd,
      methodStart,
      methodEnd,
      head,
    );
  }

  /** Every rule of every host, in no order. */
  entries(): Iterable<RouteEntry<R>> {
    return this.#top.entries();
  }

  /** Adds a rule; `false` when the same one is there. */
  add(entry: RouteEntry<R>): boolean {
    if (this.#addSole(entry)) return true;
    const place = this.#place(labelsOf(entry.host), true);
    const rules = place === null ? null : withRule(rulesAt(place), entry);
    if (place === null || rules === null) return false;
    setRules(place, rules);
    return true;
  }

  /** Lets a plain rule stand for a host that has no other rule and nothing below it. */
  #addSole(entry: RouteEntry<R>): boolean {
    if (entry.plain === Plain.NO || entry.host.kind !== "exact") return false;
    const [label, ...parents] = labelsOf(entry.host);
    const parent = this.#place(parents, true);
    return label !== undefined && parent !== null &&
      parent.node.scope.addSole(parent.node, label.text, entry);
  }

  /** Takes a rule out and prunes what it leaves empty; `false` when it was not there. */
  remove(rule: CompiledRule): boolean {
    const place = this.#place(labelsOf(rule.host), false);
    const rules = place === null ? null : rulesAt(place);
    if (place === null || rules === null) return false;
    const left = withoutRule(rules, rule);
    if (left === false) return false;
    setRules(place, left);
    if (left === null) prune(place.node);
    return true;
  }

  /** Where the rules of a host with these labels are; `null` when it has none and `create` is not set. */
  #place(labels: readonly HostLabel[], create: boolean): HostPlace<R> | null {
    let node: HostNode<R> = this.#top.root;
    for (let index = labels.length - 1; index >= 0; index--) {
      const label = labels[index];
      if (label === undefined) return null;
      if (index === 0 && label.regex === null && label.text === "*") {
        return { node, wildcard: true };
      }
      const next: HostNode<R> | null = label.regex === null
        ? node.scope.child(node, label.text, create)
        : branchTo(node, label.text, label.regex, create);
      if (next === null) return null;
      node = next;
    }
    return { node, wildcard: false };
  }
}

function labelsOf(host: HostRule): readonly HostLabel[] {
  if (host.kind === "regex") return host.labels;
  return host.text.split(".").map((text) => ({ regex: null, text }));
}

function rulesAt<R>(place: HostPlace<R>): HostRules<R> | null {
  return place.wildcard ? place.node.wildcard : place.node.rules;
}

function setRules<R>(place: HostPlace<R>, rules: HostRules<R> | null): void {
  if (place.wildcard) place.node.wildcard = rules;
  else place.node.rules = rules;
}

function branchTo<R>(
  node: HostNode<R>,
  source: string,
  regex: LinearRegex,
  create: boolean,
): HostNode<R> | null {
  const found = node.branches.find((branch) => branch.source === source);
  if (found !== undefined) return found.scope.root;
  if (!create) return null;
  const branch = { source, regex, scope: new HostScope<R>(node) };
  const at = node.branches.findIndex((other) => compareRegexSources(source, other.source) < 0);
  node.branches.splice(at < 0 ? node.branches.length : at, 0, branch);
  node.scope.branching++;
  return branch.scope.root;
}

/** Removes a node that carries nothing, and the ones above it that then carry nothing. */
function prune<R>(emptied: HostNode<R>): void {
  let node = emptied;
  while (node.empty) {
    if (node.parent !== null) {
      node.scope.delete(node);
      node = node.parent;
      continue;
    }
    const owner: HostNode<R> | null = node.scope.owner;
    if (owner === null) return;
    const at = owner.branches.findIndex((branch) => branch.scope === node.scope);
    owner.branches.splice(at, 1);
    owner.scope.branching--;
    node = owner;
  }
}
