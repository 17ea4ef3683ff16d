// Longest-prefix search over the PREFIX rules of one host. A few prefixes are compared one by one, the
// longest first. Many are kept in a hash table: the path is hashed once, the hash is noted at every
// length some prefix has, and the lengths are probed from the longest down, so the cost depends on the
// path and on how many different lengths exist, not on how many prefixes there are.

import { HASH_SEED, hashFinish, hashStep } from "../byte_hash.ts";
import { PathGroup, PathGroupTable, selectRule } from "./path_group.ts";
import type { CompiledRule, RouteEntry } from "../route_entry.ts";

/** Up to here a straight comparison is cheaper than hashing the path. */
const MAX_LISTED = 8;

export class PrefixIndex<R> {
  /** Sorted by length, longest first; `null` once the table is used. */
  #list: PathGroup<R>[] | null = [];
  #table: PrefixTable<R> | null = null;

  get empty(): boolean {
    return this.#list !== null ? this.#list.length === 0 : this.#table?.size === 0;
  }

  /** The rule with the longest prefix of the path that accepts the method. */
  match(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
  ): RouteEntry<R> | null {
    const list = this.#list;
    if (list === null) {
      return (this.#table as PrefixTable<R>)
        .match(bytes, pathStart, pathEnd, methodStart, methodEnd);
    }
    const length = pathEnd - pathStart;
    const first = length === 0 ? -1 : bytes[pathStart] as number;
    for (let index = 0; index < list.length; index++) {
      const group = list[index] as PathGroup<R>;
      if (group.length > 1) {
        if (group.length > length || !sameBytes(group.key, bytes, pathStart)) continue;
      } else if (group.length === 1 && group.first !== first) continue;
      const entry = group.select(bytes, methodStart, methodEnd);
      if (entry !== null) return entry;
    }
    return null;
  }

  /** Every rule. */
  *entries(): Iterable<RouteEntry<R>> {
    if (this.#table !== null) yield* this.#table.entries();
    for (const group of this.#list ?? []) yield* group.entries();
  }

  /** Adds a rule; `false` when the same prefix and method are there already. */
  add(entry: RouteEntry<R>): boolean {
    const key = entry.path.bytes;
    const found = this.#edit(key);
    if (found !== null) return found.add(entry);
    const group = new PathGroup<R>(key);
    group.add(entry);
    if (this.#list === null) this.#table?.insert(group);
    else this.#insertListed(this.#list, group);
    return true;
  }

  /** Takes a rule out; `false` when it was not there. */
  remove(rule: CompiledRule): boolean {
    const key = rule.path.bytes;
    const group = this.#edit(key);
    if (group === null || !group.remove(rule)) return false;
    if (!group.empty) return true;
    if (this.#list !== null) this.#list.splice(this.#list.indexOf(group), 1);
    else this.#table?.delete(key);
    return true;
  }

  #edit(key: Uint8Array): PathGroup<R> | null {
    if (this.#list === null) return this.#table?.edit(key) ?? null;
    return this.#list.find((group) =>
      group.length === key.length && sameBytes(group.key, key, 0)
    ) ?? null;
  }

  #insertListed(list: PathGroup<R>[], group: PathGroup<R>): void {
    const at = list.findIndex((other) => other.length < group.length);
    list.splice(at < 0 ? list.length : at, 0, group);
    if (list.length <= MAX_LISTED) return;
    const table = new PrefixTable<R>();
    for (const listed of list) table.insert(listed);
    this.#table = table;
    this.#list = null;
  }
}

function sameBytes(key: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < key.length; index++) {
    if (key[index] !== bytes[start + index]) return false;
  }
  return true;
}

class PrefixTable<R> {
  readonly #groups = new PathGroupTable<R>();
  /** The different lengths in use, ascending, and how many prefixes have each. */
  readonly #lengths: number[] = [];
  readonly #counts = new Map<number, number>();
  /** Hash of the path at each of those lengths, of the lookup in progress. */
  #hashes = new Int32Array(8);

  get size(): number {
    return this.#groups.size;
  }

  match(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
  ): RouteEntry<R> | null {
    const lengths = this.#lengths;
    const hashes = this.#hashes;
    const longest = pathEnd - pathStart;
    let hash = HASH_SEED;
    let at = pathStart;
    let count = 0;
    for (; count < lengths.length; count++) {
      const length = lengths[count] as number;
      if (length > longest) break;
      for (const end = pathStart + length; at < end; at++) {
        hash = hashStep(hash, bytes[at] as number);
      }
      hashes[count] = hash;
    }
    while (--count >= 0) {
      const end = pathStart + (lengths[count] as number);
      const rules = this.#groups.find(bytes, pathStart, end, hashFinish(hashes[count] as number));
      if (rules === null) continue;
      const entry = selectRule(rules, bytes, methodStart, methodEnd);
      if (entry !== null) return entry;
    }
    return null;
  }

  entries(): Iterable<RouteEntry<R>> {
    return this.#groups.entries();
  }

  edit(key: Uint8Array): PathGroup<R> | null {
    return this.#groups.edit(key);
  }

  insert(group: PathGroup<R>): void {
    this.#groups.insert(group);
    const count = this.#counts.get(group.length) ?? 0;
    this.#counts.set(group.length, count + 1);
    if (count > 0) return;
    const at = this.#lengths.findIndex((length) => length > group.length);
    this.#lengths.splice(at < 0 ? this.#lengths.length : at, 0, group.length);
    if (this.#lengths.length > this.#hashes.length) {
      this.#hashes = new Int32Array(this.#hashes.length * 2);
    }
  }

  delete(key: Uint8Array): void {
    this.#groups.delete(key);
    const count = (this.#counts.get(key.length) ?? 1) - 1;
    if (count > 0) {
      this.#counts.set(key.length, count);
      return;
    }
    this.#counts.delete(key.length);
    this.#lengths.splice(this.#lengths.indexOf(key.length), 1);
  }
}
