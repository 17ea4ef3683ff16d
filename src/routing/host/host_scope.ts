// The literal suffixes of configured hosts below one point of the host tree. They are not linked to each
// other but found by the bytes of the whole suffix, so a host that is configured literally costs one
// probe, and one under a wildcard two. A host with one plain rule and nothing below it is not even a
// node: its rule stands in the table.

import { HASH_SEED, hashFinish, hashStep } from "../byte_hash.ts";
import { ByteKeyTable } from "../byte_key_table.ts";
import { DOT, foldedText, LOWER } from "./fold.ts";
import { entriesOf, type HostRules } from "./host_rules.ts";
import type { LinearRegex } from "../linear_regex.ts";
import { Plain, type RouteEntry } from "../route_entry.ts";

/** One suffix of configured hosts. */
export class HostNode<R> {
  readonly plain = Plain.HOLDER;
  readonly scope: HostScope<R>;
  readonly parent: HostNode<R> | null;
  /** The suffix this node stands for, within its scope. */
  readonly suffix: string;
  /** Rules of exactly this host. */
  rules: HostRules<R> | null = null;
  /** Rules of every host with one label more. */
  wildcard: HostRules<R> | null = null;
  /** Expressions for the next label, in the order of compareRegexSources. */
  readonly branches: RegexBranch<R>[] = [];
  /** How many suffixes in the table have one label more. */
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

  /** The suffix with one label more. */
  suffixBelow(label: string): string {
    return this.parent === null ? label : `${label}.${this.suffix}`;
  }
}

/** An expression for one label and what lies below it. */
export interface RegexBranch<R> {
  readonly source: string;
  readonly regex: LinearRegex;
  readonly scope: HostScope<R>;
}

/** A suffix in the table: its node, or the only rule of a host nothing lies below. */
type Suffix<R> = HostNode<R> | RouteEntry<R>;

/** The literal suffixes below the root of the tree, or below an expression. */
export class HostScope<R> {
  readonly root: HostNode<R> = new HostNode<R>(this, null, "");
  /** The node whose expression leads here; `null` at the root of the tree. */
  readonly owner: HostNode<R> | null;
  readonly #suffixes = new ByteKeyTable<Suffix<R>>();

  constructor(owner: HostNode<R> | null) {
    this.owner = owner;
  }

  /** The rules for the labels in `bytes[start..end)`, those to the right having been followed. */
  find(bytes: Uint8Array, start: number, end: number): HostRules<R> | null {
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
    const exact = this.#find(bytes, start, end, hash);
    if (exact !== null) return isNode(exact) ? exact.rules : exact;
    if (dot < 0) return followLabel(this.root, bytes, start, start, end);
    const parent = this.#find(bytes, dot + 1, end, parentHash);
    if (parent === null) return this.#walk(bytes, start, end);
    return isNode(parent) ? followLabel(parent, bytes, start, start, dot) : null;
  }

  /** Every rule of every host. */
  *entries(): Iterable<RouteEntry<R>> {
    yield* entriesOfNode(this.root);
    for (const suffix of this.#suffixes.values()) {
      if (isNode(suffix)) yield* entriesOfNode(suffix);
      else yield suffix;
    }
  }

  /** Finds the longest literal suffix, then follows an expression for the label before it. */
  #walk(bytes: Uint8Array, start: number, end: number): HostRules<R> | null {
    let node = this.root;
    let hash = HASH_SEED;
    let labelEnd = end;
    for (let at = end - 1; at >= start; at--) {
      const byte = LOWER[bytes[at] as number] as number;
      if (byte === DOT) {
        const next = this.#find(bytes, at + 1, end, hash);
        if (next === null) return followLabel(node, bytes, start, at + 1, labelEnd);
        if (!isNode(next)) return null;
        node = next;
        labelEnd = at;
      }
      hash = hashStep(hash, byte);
    }
    return followLabel(node, bytes, start, start, labelEnd);
  }

  #find(bytes: Uint8Array, start: number, end: number, hash: number): Suffix<R> | null {
    return this.#suffixes.findFolded(bytes, start, end, hashFinish(hash));
  }

  /**
   * The literal child of a node, made when it is missing and `create` is set. A rule that stood for its
   * host gets a node: it is going to be changed, or something to be put below it.
   */
  child(node: HostNode<R>, label: string, create: boolean): HostNode<R> | null {
    const suffix = node.suffixBelow(label);
    const key = new TextEncoder().encode(suffix);
    const hash = hashSuffix(key);
    const found = this.#suffixes.find(key, 0, key.length, hash);
    if (found !== null && isNode(found)) return found;
    if (found === null && !create) return null;
    const child = new HostNode<R>(this, node, suffix);
    child.rules = found;
    if (found === null) this.#insert(node, key, hash, child);
    else this.#suffixes.replace(key, hash, child);
    return child;
  }

  /** Lets a plain rule stand for a host of its own below `node`; false when there is such a host. */
  addSole(node: HostNode<R>, label: string, entry: RouteEntry<R>): boolean {
    const key = new TextEncoder().encode(node.suffixBelow(label));
    const hash = hashSuffix(key);
    if (this.#suffixes.find(key, 0, key.length, hash) !== null) return false;
    this.#insert(node, key, hash, entry);
    return true;
  }

  #insert(parent: HostNode<R>, key: Uint8Array, hash: number, suffix: Suffix<R>): void {
    parent.children++;
    this.#suffixes.insert(key, hash, suffix);
  }

  /** Forgets a literal node nothing hangs on. */
  delete(node: HostNode<R>): void {
    if (node.parent === null) return;
    const key = new TextEncoder().encode(node.suffix);
    this.#suffixes.delete(key, hashSuffix(key));
    node.parent.children--;
  }
}

function isNode<R>(suffix: Suffix<R>): suffix is HostNode<R> {
  return suffix.plain === Plain.HOLDER;
}

function* entriesOfNode<R>(node: HostNode<R>): Iterable<RouteEntry<R>> {
  yield* entriesOf(node.rules);
  yield* entriesOf(node.wildcard);
  for (const { scope } of node.branches) yield* scope.entries();
}

function hashSuffix(key: Uint8Array): number {
  let hash = HASH_SEED;
  for (let at = key.length - 1; at >= 0; at--) hash = hashStep(hash, key[at] as number);
  return hashFinish(hash);
}

/** Takes the label `bytes[labelStart..labelEnd)`, which is no literal child of `node`. */
function followLabel<R>(
  node: HostNode<R>,
  bytes: Uint8Array,
  hostStart: number,
  labelStart: number,
  labelEnd: number,
): HostRules<R> | null {
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
