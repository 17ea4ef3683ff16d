// The rules tried before (PRE) or after (POST) the host tree. They are a list by design: the first
// rule added whose host, path, method and header fields all match wins, whatever its length. Rules for one exact host
// are kept under that host, so that a long list of them does not slow down the other hosts.

import { HASH_SEED, hashFinish, hashStep } from "./byte_hash.ts";
import { ByteKeyTable } from "./byte_key_table.ts";
import { DOT, foldedText, LOWER } from "./host/fold.ts";
import type { HostRule } from "./host/host_rule.ts";
import { pathMatches } from "./path/path_rule.ts";
import type { MessageHead } from "../protocol/http/message_head.ts";
import { acceptsMethod, type CompiledRule, type RouteEntry, sameDemands } from "./route_entry.ts";

interface Ordered<R> {
  /** Grows with every added rule: the order of the list. */
  readonly sequence: number;
  readonly entry: RouteEntry<R>;
  /** What the end of the host must be, for a wildcard. */
  readonly suffix: Uint8Array;
}

const EMPTY: readonly never[] = [];

export class OrderedRules<R> {
  /** Rules for more than one host, in order. */
  readonly #general: Ordered<R>[] = [];
  /** Rules for one host each, in order, by that host. */
  readonly #hosts = new ByteKeyTable<Ordered<R>[]>();
  #nextSequence = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The first rule that matches, merging the two ordered lists that can hold it. */
  match(
    bytes: Uint8Array,
    hostStart: number,
    hostEnd: number,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
    head: MessageHead | null,
  ): RouteEntry<R> | null {
    const exact = this.#exact(bytes, hostStart, hostEnd);
    const general = this.#general;
    let nextExact = 0;
    let nextGeneral = 0;
    while (nextExact < exact.length || nextGeneral < general.length) {
      const left = exact[nextExact];
      const right = general[nextGeneral];
      const fromExact = right === undefined ||
        (left !== undefined && left.sequence < right.sequence);
      const ordered = fromExact ? left as Ordered<R> : right;
      if (fromExact) nextExact++;
      else nextGeneral++;
      const entry = ordered.entry;
      if (
        acceptsMethod(entry, bytes, methodStart, methodEnd) &&
        (fromExact || hostMatches(ordered, bytes, hostStart, hostEnd)) &&
        pathMatches(entry.path, bytes, pathStart, pathEnd) &&
        (entry.tests === null || (head !== null && entry.tests.hold(head)))
      ) return entry;
    }
    return null;
  }

  /** Every rule, in no order. */
  *entries(): Iterable<RouteEntry<R>> {
    for (const { entry } of this.#general) yield entry;
    for (const list of this.#hosts.values()) for (const { entry } of list) yield entry;
  }

  /** Appends a rule; `false` when the same one is there. */
  add(entry: RouteEntry<R>): boolean {
    if (this.#indexOf(this.#listOf(entry.host), entry) >= 0) return false;
    const suffix = entry.host.kind === "wildcard" ? entry.host.suffix : "";
    const ordered = {
      sequence: this.#nextSequence++,
      entry,
      suffix: new TextEncoder().encode(suffix),
    };
    if (entry.host.kind === "exact") this.#appendExact(entry.host.text, ordered);
    else this.#general.push(ordered);
    this.#size++;
    return true;
  }

  /** Takes a rule out, keeping the order of the others; `false` when it was not there. */
  remove(rule: CompiledRule): boolean {
    const list = this.#listOf(rule.host);
    const at = this.#indexOf(list, rule);
    if (at < 0) return false;
    if (rule.host.kind === "exact") this.#removeExact(rule.host.text, at);
    else this.#general.splice(at, 1);
    this.#size--;
    return true;
  }

  #indexOf(list: readonly Ordered<R>[], rule: CompiledRule): number {
    return list.findIndex(({ entry }) =>
      entry.host.text === rule.host.text && sameDemands(entry, rule)
    );
  }

  #listOf(host: HostRule): readonly Ordered<R>[] {
    if (host.kind !== "exact") return this.#general;
    const key = new TextEncoder().encode(host.text);
    return this.#exact(key, 0, key.length);
  }

  #exact(bytes: Uint8Array, start: number, end: number): readonly Ordered<R>[] {
    if (this.#hosts.size === 0) return EMPTY;
    return this.#hosts.findFolded(bytes, start, end, hashHost(bytes, start, end)) ?? EMPTY;
  }

  #appendExact(host: string, ordered: Ordered<R>): void {
    const key = new TextEncoder().encode(host);
    const hash = hashHost(key, 0, key.length);
    const list = this.#hosts.find(key, 0, key.length, hash);
    if (list === null) this.#hosts.insert(key, hash, [ordered]);
    else list.push(ordered);
  }

  #removeExact(host: string, at: number): void {
    const key = new TextEncoder().encode(host);
    const hash = hashHost(key, 0, key.length);
    const list = this.#hosts.find(key, 0, key.length, hash);
    list?.splice(at, 1);
    if (list?.length === 0) this.#hosts.delete(key, hash);
  }
}

function hashHost(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let at = start; at < end; at++) hash = hashStep(hash, LOWER[bytes[at] as number] as number);
  return hashFinish(hash);
}

function hostMatches<R>(
  ordered: Ordered<R>,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const host = ordered.entry.host;
  if (host.kind === "any") return true;
  if (host.kind === "regex") return host.whole.test(foldedText(bytes, start, end));
  return wildcardMatches(ordered.suffix, bytes, start, end);
}

/** What stands for the `*` must be one non-empty piece without a dot. */
function wildcardMatches(
  suffix: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const suffixStart = end - suffix.length;
  if (suffixStart <= start) return false;
  for (let index = 0; index < suffix.length; index++) {
    if (LOWER[bytes[suffixStart + index] as number] !== suffix[index]) return false;
  }
  for (let at = start; at < suffixStart; at++) {
    if (bytes[at] === DOT) return false;
  }
  return true;
}
