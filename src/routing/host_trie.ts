// The tree of host names: which rules belong to the host of a request? Labels are followed from the
// right; at each step a literal label commits, else a wildcard takes the leftmost label, else the first
// matching expression commits. There is no way back: `api.shop.test` hides `*.shop.test` from
// `api.shop.test` even when no rule of `api.shop.test` matches.
//
// Literal nodes are not linked but found by the bytes of their whole suffix, so a host that is
// configured literally costs one probe, and one under a wildcard two. An expression starts a new scope,
// within which suffixes begin again.

import { HASH_SEED, hashFinish, hashStep } from "./byte_hash.ts";
import { ByteKeyTable } from "./byte_key_table.ts";
import { DOT, foldedText, LOWER } from "./fold.ts";
import type { HostRule } from "./host_rule.ts";
import { compareRegexSources, type LinearRegex } from "./linear_regex.ts";
import { PathIndex } from "./path_index.ts";
import type { CompiledRule, RouteEntry } from "./route_entry.ts";

/** One suffix of configured hosts. */
class HostNode<R> {
  readonly scope: HostScope<R>;
  readonly parent: HostNode<R> | null;
  /** The suffix this node stands for, within its scope. */
  readonly suffix: string;
  /** Rules of exactly this host. */
  rules: PathIndex<R> | null = null;
  /** Rules of every host with one label more. */
  wildcard: PathIndex<R> | null = null;
  /** Expressions for the next label, in the order of compareRegexSources. */
  readonly branches: RegexBranch<R>[] = [];
  /** How many literal nodes have one label more. */
  children = 0;

  constructor(scope: HostScope<R>, parent: HostNode<R> | null, suffix: string) {
    this.scope = scope;
    this.parent = parent;
    this.suffix = suffix;
  }

  get empty(): boolean {
    return this.rules === null && this.wildcard === null && this.branches.length === 0 &&
      this.children === 0;
  }
}

interface RegexBranch<R> {
  readonly source: string;
  readonly regex: LinearRegex;
  readonly scope: HostScope<R>;
}

/** The literal nodes below one point: the root of the tree, or an expression. */
class HostScope<R> {
  readonly root: HostNode<R> = new HostNode<R>(this, null, "");
  /** The node whose expression leads here; `null` at the root of the tree. */
  readonly owner: HostNode<R> | null;
  readonly #nodes = new ByteKeyTable<HostNode<R>>();

  constructor(owner: HostNode<R> | null) {
    this.owner = owner;
  }

  /** The rules for the labels in `bytes[start..end)`, those to the right having been followed. */
  find(bytes: Uint8Array, start: number, end: number): PathIndex<R> | null {
    let hash = HASH_SEED;
    let parentHash = HASH_SEED;
    let dot = -1;
    for (let at = end - 1; at >= start; at--) {
      const byte = LOWER[bytes[at] as number] as number;
      if (byte === DOT) {
        parentHash = hash;
        dot = at;
      }
      hash = hashStep(hash, byte);
    }
    const exact = this.#node(bytes, start, end, hash);
    if (exact !== null) return exact.rules;
    if (dot < 0) return followLabel(this.root, bytes, start, start, end);
    const parent = this.#node(bytes, dot + 1, end, parentHash);
    if (parent !== null) return followLabel(parent, bytes, start, start, dot);
    return this.#walk(bytes, start, end);
  }

  /** Finds the longest literal suffix, then follows an expression for the label before it. */
  #walk(bytes: Uint8Array, start: number, end: number): PathIndex<R> | null {
    let node = this.root;
    let hash = HASH_SEED;
    let labelEnd = end;
    for (let at = end - 1; at >= start; at--) {
      const byte = LOWER[bytes[at] as number] as number;
      if (byte === DOT) {
        const next = this.#node(bytes, at + 1, end, hash);
        if (next === null) return followLabel(node, bytes, start, at + 1, labelEnd);
        node = next;
        labelEnd = at;
      }
      hash = hashStep(hash, byte);
    }
    return followLabel(node, bytes, start, start, labelEnd);
  }

  #node(bytes: Uint8Array, start: number, end: number, hash: number): HostNode<R> | null {
    return this.#nodes.findFolded(bytes, start, end, hashFinish(hash));
  }

  /** The literal child of a node, made when it is missing and `create` is set. */
  child(node: HostNode<R>, label: string, create: boolean): HostNode<R> | null {
    const suffix = node === this.root ? label : `${label}.${node.suffix}`;
    const key = new TextEncoder().encode(suffix);
    const found = this.#node(key, 0, key.length, hashSuffix(key));
    if (found !== null || !create) return found;
    const child = new HostNode<R>(this, node, suffix);
    node.children++;
    this.#nodes.insert(key, hashFinish(hashSuffix(key)), child);
    return child;
  }

  /** Forgets a literal node nothing hangs on. */
  delete(node: HostNode<R>): void {
    if (node.parent === null) return;
    const key = new TextEncoder().encode(node.suffix);
    this.#nodes.delete(key, hashFinish(hashSuffix(key)));
    node.parent.children--;
  }
}

function hashSuffix(key: Uint8Array): number {
  let hash = HASH_SEED;
  for (let at = key.length - 1; at >= 0; at--) hash = hashStep(hash, key[at] as number);
  return hash;
}

/** Takes the label `bytes[labelStart..labelEnd)`, which is no literal child of `node`. */
function followLabel<R>(
  node: HostNode<R>,
  bytes: Uint8Array,
  hostStart: number,
  labelStart: number,
  labelEnd: number,
): PathIndex<R> | null {
  if (labelStart === labelEnd) return null;
  const leftmost = labelStart === hostStart;
  if (leftmost && node.wildcard !== null) return node.wildcard;
  if (node.branches.length === 0) return null;
  const text = foldedText(bytes, labelStart, labelEnd);
  for (const branch of node.branches) {
    if (!branch.regex.test(text)) continue;
    return leftmost ? branch.scope.root.rules : branch.scope.find(bytes, hostStart, labelStart - 1);
  }
  return null;
}

/** The place of one configured host. */
interface HostPlace<R> {
  readonly node: HostNode<R>;
  readonly wildcard: boolean;
}

export class HostTrie<R> {
  readonly #top = new HostScope<R>(null);

  /** The rules for the host in `bytes[start..end)`, or `null` when no configured host fits. */
  find(bytes: Uint8Array, start: number, end: number): PathIndex<R> | null {
    return start === end ? null : this.#top.find(bytes, start, end);
  }

  /** Has this very host rule any route? */
  has(host: HostRule): boolean {
    const place = this.#place(host, false);
    return place !== null && rulesAt(place) !== null;
  }

  /** Adds a rule; `false` when the same one is there. */
  add(entry: RouteEntry<R>): boolean {
    const place = this.#place(entry.host, true);
    if (place === null) return false;
    const rules = rulesAt(place) ?? new PathIndex<R>();
    const added = rules.add(entry);
    if (place.wildcard) place.node.wildcard = rules;
    else place.node.rules = rules;
    return added;
  }

  /** Takes a rule out and prunes what it leaves empty; `false` when it was not there. */
  remove(rule: CompiledRule): boolean {
    const place = this.#place(rule.host, false);
    const rules = place === null ? null : rulesAt(place);
    if (place === null || rules === null || !rules.remove(rule)) return false;
    if (!rules.empty) return true;
    if (place.wildcard) place.node.wildcard = null;
    else place.node.rules = null;
    prune(place.node);
    return true;
  }

  #place(host: HostRule, create: boolean): HostPlace<R> | null {
    const labels = host.kind === "regex" ? host.labels : host.text.split(".")
      .map((text) => ({ regex: null, text }));
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

function rulesAt<R>(place: HostPlace<R>): PathIndex<R> | null {
  return place.wildcard ? place.node.wildcard : place.node.rules;
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
    node = owner;
  }
}
