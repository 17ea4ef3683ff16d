// The rules that share one path value and differ only in their method, and a table that finds such a
// group from the bytes of a path. A method-specific rule beats the all-methods rule of its group. A rule
// that is alone in its group and for all methods stands in the table for itself.

import { HASH_SEED, hashFinish, hashStep } from "../byte_hash.ts";
import { ByteKeyTable } from "../byte_key_table.ts";
import { type CompiledRule, Plain, type RouteEntry } from "../route_entry.ts";

/** What a path value leads to: a group, or its only rule, one for all methods. */
export type PathRules<R> = PathGroup<R> | RouteEntry<R>;

/** The rule for a method: its own one, else the one for all. */
export function selectRule<R>(
  rules: PathRules<R>,
  bytes: Uint8Array,
  start: number,
  end: number,
): RouteEntry<R> | null {
  return rules.plain === Plain.HOLDER
    ? (rules as PathGroup<R>).select(bytes, start, end)
    : rules as RouteEntry<R>;
}

/** Every rule for one path value. */
export class PathGroup<R> {
  readonly plain = Plain.HOLDER;
  readonly key: Uint8Array;
  /** Read on every lookup: the key's length, and its first byte, which decides most comparisons. */
  readonly length: number;
  readonly first: number;
  #any: RouteEntry<R> | null = null;
  #byMethod: RouteEntry<R>[] | null = null;

  constructor(key: Uint8Array) {
    this.key = key;
    this.length = key.length;
    this.first = key[0] ?? -1;
  }

  get empty(): boolean {
    return this.#any === null && this.#byMethod === null;
  }

  /** The rule without a method constraint. */
  get any(): RouteEntry<R> | null {
    return this.#any;
  }

  /** The rule that asks for exactly the method in `bytes[start..end)`. */
  forMethod(bytes: Uint8Array, start: number, end: number): RouteEntry<R> | null {
    const entries = this.#byMethod;
    if (entries === null) return null;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as RouteEntry<R>;
      if (entry.method?.matches(bytes, start, end) === true) return entry;
    }
    return null;
  }

  /** The rule for a method: its own one, else the one for all. */
  select(bytes: Uint8Array, start: number, end: number): RouteEntry<R> | null {
    return this.#byMethod === null ? this.#any : this.forMethod(bytes, start, end) ?? this.#any;
  }

  /** The only rule, when it is one for all methods. */
  get sole(): RouteEntry<R> | null {
    return this.#byMethod === null ? this.#any : null;
  }

  /** Every rule. */
  *entries(): Iterable<RouteEntry<R>> {
    if (this.#any !== null) yield this.#any;
    if (this.#byMethod !== null) yield* this.#byMethod;
  }

  /** Is there a rule with the same method constraint? */
  has(rule: CompiledRule): boolean {
    if (rule.method === null) return this.#any !== null;
    const name = rule.method.name;
    return this.#byMethod?.some((entry) => entry.method?.name === name) ?? false;
  }

  /** Adds a rule; `false` when its method constraint is taken. */
  add(entry: RouteEntry<R>): boolean {
    if (this.has(entry)) return false;
    if (entry.method === null) this.#any = entry;
    else if (this.#byMethod === null) this.#byMethod = [entry];
    else this.#byMethod.push(entry);
    return true;
  }

  /** Takes out the rule with the same method constraint; `false` when there was none. */
  remove(rule: CompiledRule): boolean {
    if (!this.has(rule)) return false;
    if (rule.method === null) {
      this.#any = null;
      return true;
    }
    const name = rule.method.name;
    const left = this.#byMethod?.filter((entry) => entry.method?.name !== name) ?? [];
    this.#byMethod = left.length === 0 ? null : left;
    return true;
  }
}

/** The hash of a path key, as {@linkcode PathGroupTable.find} wants it. */
export function hashPath(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let index = start; index < end; index++) hash = hashStep(hash, bytes[index] as number);
  return hashFinish(hash);
}

/** Groups found by their whole key. */
export class PathGroupTable<R> {
  readonly #table = new ByteKeyTable<PathRules<R>>();

  get size(): number {
    return this.#table.size;
  }

  /** The rules of the key `bytes[start..end)`, of which `hash` is the finished hash. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): PathRules<R> | null {
    return this.#table.find(bytes, start, end, hash);
  }

  /** The group with this key, made for a rule that stood for itself: it is going to be changed. */
  edit(key: Uint8Array): PathGroup<R> | null {
    const hash = hashPath(key, 0, key.length);
    const rules = this.#table.find(key, 0, key.length, hash);
    if (rules === null || rules.plain === Plain.HOLDER) return rules as PathGroup<R> | null;
    const group = new PathGroup<R>(key);
    group.add(rules as RouteEntry<R>);
    this.#table.replace(key, hash, group);
    return group;
  }

  /** Every rule. */
  *entries(): Iterable<RouteEntry<R>> {
    for (const rules of this.#table.values()) {
      if (rules.plain === Plain.HOLDER) yield* (rules as PathGroup<R>).entries();
      else yield rules as RouteEntry<R>;
    }
  }

  /** Adds a group whose key is not in the table. */
  insert(group: PathGroup<R>): void {
    this.#table.insert(group.key, hashPath(group.key, 0, group.length), group.sole ?? group);
  }

  /** Takes out the group with this key. */
  delete(key: Uint8Array): void {
    this.#table.delete(key, hashPath(key, 0, key.length));
  }
}
