// The literal suffixes of configured hosts below one point of the host tree. They are not linked to each
// other but found by the bytes of the whole suffix, so a host that is configured literally costs one
// probe, and one under a wildcard two. A host with one plain rule and nothing below it is not even a
// node: its rule stands in the table.

import { HASH_SEED, hashFinish, hashStep } from "../byte_hash.ts";
import { ByteKeyTable } from "../byte_key_table.ts";
import { DOT, foldedText, LOWER } from "./fold.ts";
import type { MessageHead } from "../../protocol/http/message_head.ts";
import { entriesOf, type HostRules, matchPath } from "./host_rules.ts";
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
  /** How many expressions hang on its nodes. */
  branching = 0;
  readonly #suffixes = new ByteKeyTable<Suffix<R>>();

  constructor(owner: HostNode<R> | null) {
    this.owner = owner;
  }

  /**
   * The rule for a request whose labels `bytes[start..end)` are left, those to the right having been
   * followed. The literal host comes first, then what stands for its leftmost label, then expressions for
   * the labels to the right of that one, the leftmost of them first.
   */
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
    const rules = exact !== null && isNode(exact) ? exact.rules : exact;
    if (rules !== null) {
      const entry = matchPath(rules, bytes, pathStart, pathEnd, methodStart, methodEnd, head);
      if (entry !== null) return entry;
    }
    const parent = dot < 0 ? this.root : this.#find(bytes, dot + 1, end, parentHash);
    const labelEnd = dot < 0 ? end : dot;
    if (parent !== null && isNode(parent) && start < labelEnd) {
      if (parent.branches.length !== 0) {
        const entry = matchExpressions(
          parent.branches,
          foldedText(bytes, start, labelEnd),
          bytes,
          pathStart,
          pathEnd,
          methodStart,
          methodEnd,
          head,
        );
        if (entry !== null) return entry;
      }
      const { wildcard } = parent;
      if (wildcard !== null) {
        const entry = matchPath(wildcard, bytes, pathStart, pathEnd, methodStart, methodEnd, head);
        if (entry !== null) return entry;
      }
    }
    if (this.branching === 0 || dot < 0) return null;
    return this.#matchBranches(
      this.root,
      HASH_SEED,
      bytes,
      start,
      end,
      end,
      pathStart,
      pathEnd,
      methodStart,
      methodEnd,
      head,
    );
  }

  /** Every rule of every host. */
  *entries(): Iterable<RouteEntry<R>> {
    yield* entriesOfNode(this.root);
    for (const suffix of this.#suffixes.values()) {
      if (isNode(suffix)) yield* entriesOfNode(suffix);
      else yield suffix;
    }
  }

  /**
   * Tries the expressions for the label that ends at `labelEnd` and for those to the left of it, the
   * leftmost excepted. `node` is what the labels to the right lead to, `hash` that of its suffix with the dot.
   * As deep as configured hosts have labels, whatever the request.
   */
  #matchBranches(
    node: HostNode<R>,
    hash: number,
    bytes: Uint8Array,
    start: number,
    labelEnd: number,
    end: number,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
    head: MessageHead | null,
  ): RouteEntry<R> | null {
    let labelStart = labelEnd;
    let suffixHash = hash;
    while (labelStart > start && bytes[labelStart - 1] !== DOT) {
      labelStart--;
      suffixHash = hashStep(suffixHash, LOWER[bytes[labelStart] as number] as number);
    }
    if (labelStart === start) return null;
    const child = this.#find(bytes, labelStart, end, suffixHash);
    if (child !== null && isNode(child)) {
      const entry = this.#matchBranches(
        child,
        hashStep(suffixHash, DOT),
        bytes,
        start,
        labelStart - 1,
        end,
        pathStart,
        pathEnd,
        methodStart,
        methodEnd,
        head,
      );
      if (entry !== null) return entry;
    }
    if (labelStart === labelEnd || node.branches.length === 0) return null;
    const text = foldedText(bytes, labelStart, labelEnd);
    for (const branch of node.branches) {
      if (!branch.regex.test(text)) continue;
      const left = labelStart - 1;
      const entry = branch.scope
        .match(bytes, start, left, pathStart, pathEnd, methodStart, methodEnd, head);
      if (entry !== null) return entry;
    }
    return null;
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

/** The rule of the first host whose leftmost label is an expression for `label` and that has one. */
function matchExpressions<R>(
  branches: readonly RegexBranch<R>[],
  label: string,
  bytes: Uint8Array,
  pathStart: number,
  pathEnd: number,
  methodStart: number,
  methodEnd: number,
  head: MessageHead | null,
): RouteEntry<R> | null {
  for (const branch of branches) {
    const rules = branch.scope.root.rules;
    if (rules === null || !branch.regex.test(label)) continue;
    const entry = matchPath(rules, bytes, pathStart, pathEnd, methodStart, methodEnd, head);
    if (entry !== null) return entry;
  }
  return null;
}
