// The rules of a host some of which ask for header fields. Those whose demands are met come before all that
// ask for none. Only hosts with such a rule have one of these: the others are looked up as if there were none.

import type { MessageHead } from "../../protocol/http/message_head.ts";
import { PathIndex } from "../path/path_index.ts";
import { comparePathOrder } from "../path/path_order.ts";
import { type CompiledRule, Plain, type RouteEntry } from "../route_entry.ts";
import type { HeaderTests } from "./header_tests.ts";

/** The rules that ask for the same fields. */
interface Guarded<R> {
  readonly tests: HeaderTests;
  readonly rules: PathIndex<R>;
}

export class GuardedRules<R> {
  readonly plain = Plain.GUARDED;
  /** The most demanding first; the order never depends on when a rule was added. */
  readonly #guarded: Guarded<R>[] = [];
  /** Those that ask for no fields. */
  readonly #open: PathIndex<R>;

  /** Takes over the rules that ask for no fields. */
  constructor(open: PathIndex<R>) {
    this.#open = open;
  }

  /** The rules that are left when none asks for a field; `null` while one does. */
  get openOnly(): PathIndex<R> | null {
    return this.#guarded.length === 0 ? this.#open : null;
  }

  /** The winning rule for a path, a method and fields, or `null`. */
  match(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
    head: MessageHead | null,
  ): RouteEntry<R> | null {
    let best: RouteEntry<R> | null = null;
    for (let index = 0; head !== null && index < this.#guarded.length; index++) {
      const { tests, rules } = this.#guarded[index] as Guarded<R>;
      if (!tests.hold(head)) continue;
      const entry = rules.match(bytes, pathStart, pathEnd, methodStart, methodEnd);
      if (entry === null) continue;
      if (best === null || comparePathOrder(entry, best) < 0) best = entry;
    }
    return best ?? this.#open.match(bytes, pathStart, pathEnd, methodStart, methodEnd);
  }

  /** Every rule. */
  *entries(): Iterable<RouteEntry<R>> {
    for (const { rules } of this.#guarded) yield* rules.entries();
    yield* this.#open.entries();
  }

  /** Adds a rule; `false` when the same one is there. */
  add(entry: RouteEntry<R>): boolean {
    const { tests } = entry;
    if (tests === null) return this.#open.add(entry);
    const found = this.#guarded.find((guarded) => guarded.tests.key === tests.key);
    if (found !== undefined) return found.rules.add(entry);
    const guarded = { tests, rules: new PathIndex<R>() };
    guarded.rules.add(entry);
    const at = this.#guarded.findIndex((other) => compareTests(tests, other.tests) < 0);
    this.#guarded.splice(at < 0 ? this.#guarded.length : at, 0, guarded);
    return true;
  }

  /** Takes a rule out; `false` when it was not there. */
  remove(rule: CompiledRule): boolean {
    const { tests } = rule;
    if (tests === null) return this.#open.remove(rule);
    const at = this.#guarded.findIndex((guarded) => guarded.tests.key === tests.key);
    const found = this.#guarded[at];
    if (found === undefined || !found.rules.remove(rule)) return false;
    if (found.rules.empty) this.#guarded.splice(at, 1);
    return true;
  }
}

function compareTests(left: HeaderTests, right: HeaderTests): number {
  if (left.count !== right.count) return right.count - left.count;
  return left.key < right.key ? -1 : 1;
}
