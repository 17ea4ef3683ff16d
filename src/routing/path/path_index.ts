// Every rule of one host in the tree that asks for no header fields, or for the same ones, in the order of
// path_order.ts.

import { compareRegexSources } from "../linear_regex.ts";
import { hashPath, PathGroup, PathGroupTable, type PathRules } from "./path_group.ts";
import { pathText } from "./path_rule.ts";
import { PrefixIndex } from "./prefix_index.ts";
import { acceptsMethod, type CompiledRule, Plain, type RouteEntry } from "../route_entry.ts";
import { PathRuleKind } from "../route_rule.ts";

export class PathIndex<R> {
  readonly plain = Plain.HOLDER;
  #prefixes: PrefixIndex<R> | null = null;
  #equals: PathGroupTable<R> | null = null;
  /** Expressions with a method first, then those for all methods; each part in its own order. */
  #regexes: RouteEntry<R>[] = [];
  /** How many of the expressions ask for a method. */
  #withMethod = 0;
  /** Is there anything but prefixes? */
  #special = false;

  get empty(): boolean {
    return this.#prefixes === null && !this.#special;
  }

  /** The winning rule for a path and a method in `bytes`, or `null`. */
  match(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
  ): RouteEntry<R> | null {
    if (this.#special) {
      const entry = this.#matchSpecial(bytes, pathStart, pathEnd, methodStart, methodEnd);
      if (entry !== null) return entry;
    }
    if (this.#prefixes === null) return null;
    return this.#prefixes.match(bytes, pathStart, pathEnd, methodStart, methodEnd);
  }

  /** Every rule. */
  *entries(): Iterable<RouteEntry<R>> {
    if (this.#equals !== null) yield* this.#equals.entries();
    yield* this.#regexes;
    if (this.#prefixes !== null) yield* this.#prefixes.entries();
  }

  /** Adds a rule; `false` when one with the same path and method is there. */
  add(entry: RouteEntry<R>): boolean {
    let added: boolean;
    if (entry.path.kind === PathRuleKind.PREFIX) added = this.#addPrefix(entry);
    else if (entry.path.kind === PathRuleKind.EQUALS) added = this.#addEquals(entry);
    else added = this.#addRegex(entry);
    this.#updateSpecial();
    return added;
  }

  /** Takes a rule out; `false` when it was not there. */
  remove(rule: CompiledRule): boolean {
    let removed: boolean;
    if (rule.path.kind === PathRuleKind.PREFIX) removed = this.#removePrefix(rule);
    else if (rule.path.kind === PathRuleKind.EQUALS) removed = this.#removeEquals(rule);
    else removed = this.#removeRegex(rule);
    this.#updateSpecial();
    return removed;
  }

  #matchSpecial(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
  ): RouteEntry<R> | null {
    const equals = this.#equals === null
      ? null
      : this.#equals.find(bytes, pathStart, pathEnd, hashPath(bytes, pathStart, pathEnd));
    const exact = forMethod(equals, bytes, methodStart, methodEnd);
    if (exact !== null) return exact;
    const any = forAllMethods(equals);
    const regexes = this.#regexes;
    // An all-methods EQUALS beats an all-methods expression: then only the first part is tried.
    const count = any === null ? regexes.length : this.#withMethod;
    let text: string | null = null;
    for (let index = 0; index < count; index++) {
      const entry = regexes[index] as RouteEntry<R>;
      if (!acceptsMethod(entry, bytes, methodStart, methodEnd)) continue;
      text ??= pathText(bytes, pathStart, pathEnd);
      if (entry.path.regex?.test(text) === true) return entry;
    }
    return any;
  }

  #addPrefix(entry: RouteEntry<R>): boolean {
    this.#prefixes ??= new PrefixIndex<R>();
    return this.#prefixes.add(entry);
  }

  #removePrefix(rule: CompiledRule): boolean {
    const removed = this.#prefixes?.remove(rule) ?? false;
    if (this.#prefixes?.empty === true) this.#prefixes = null;
    return removed;
  }

  #addEquals(entry: RouteEntry<R>): boolean {
    this.#equals ??= new PathGroupTable<R>();
    const found = this.#equals.edit(entry.path.bytes);
    if (found !== null) return found.add(entry);
    const group = new PathGroup<R>(entry.path.bytes);
    group.add(entry);
    this.#equals.insert(group);
    return true;
  }

  #removeEquals(rule: CompiledRule): boolean {
    const group = this.#equals?.edit(rule.path.bytes) ?? null;
    if (group === null || !group.remove(rule)) return false;
    if (group.empty) this.#equals?.delete(rule.path.bytes);
    if (this.#equals?.size === 0) this.#equals = null;
    return true;
  }

  #addRegex(entry: RouteEntry<R>): boolean {
    if (this.#regexes.some((other) => compareRegexEntries(other, entry) === 0)) return false;
    const at = this.#regexes.findIndex((other) => compareRegexEntries(entry, other) < 0);
    this.#regexes.splice(at < 0 ? this.#regexes.length : at, 0, entry);
    if (entry.method !== null) this.#withMethod++;
    return true;
  }

  #removeRegex(rule: CompiledRule): boolean {
    const at = this.#regexes.findIndex((other) => compareRegexEntries(other, rule) === 0);
    if (at < 0) return false;
    this.#regexes.splice(at, 1);
    if (rule.method !== null) this.#withMethod--;
    return true;
  }

  #updateSpecial(): void {
    this.#special = this.#equals !== null || this.#regexes.length > 0;
  }
}

/** The EQUALS rule that asks for exactly this method. */
function forMethod<R>(
  rules: PathRules<R> | null,
  bytes: Uint8Array,
  start: number,
  end: number,
): RouteEntry<R> | null {
  if (rules === null || rules.plain !== Plain.HOLDER) return null;
  return (rules as PathGroup<R>).forMethod(bytes, start, end);
}

/** The EQUALS rule for all methods. */
function forAllMethods<R>(rules: PathRules<R> | null): RouteEntry<R> | null {
  if (rules === null) return null;
  return rules.plain === Plain.HOLDER ? (rules as PathGroup<R>).any : rules as RouteEntry<R>;
}

function compareRegexEntries(left: CompiledRule, right: CompiledRule): number {
  if ((left.method === null) !== (right.method === null)) return left.method === null ? 1 : -1;
  const bySource = compareRegexSources(left.path.value, right.path.value);
  if (bySource !== 0) return bySource;
  const leftName = left.method?.name ?? "";
  const rightName = right.method?.name ?? "";
  return leftName < rightName ? -1 : leftName > rightName ? 1 : 0;
}
