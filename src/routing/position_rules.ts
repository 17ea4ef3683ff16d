// The rules of one position beside the tree: those that ask for header fields and whose demands are met come
// first, then those that ask for none; within both the first one added wins.

import type { MessageHead } from "../protocol/http/message_head.ts";
import { OrderedRules } from "./ordered_rules.ts";
import type { CompiledRule, RouteEntry } from "./route_entry.ts";

export class PositionRules<R> {
  readonly #guarded = new OrderedRules<R>();
  readonly #open = new OrderedRules<R>();

  get size(): number {
    return this.#guarded.size + this.#open.size;
  }

  /** The first rule that matches; `head` tells the header fields, `null` when there are none. */
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
    if (this.#guarded.size !== 0 && head !== null) {
      const entry = this.#guarded
        .match(bytes, hostStart, hostEnd, pathStart, pathEnd, methodStart, methodEnd, head);
      if (entry !== null) return entry;
    }
    return this.#open
      .match(bytes, hostStart, hostEnd, pathStart, pathEnd, methodStart, methodEnd, head);
  }

  /** Every rule, in no order. */
  *entries(): Iterable<RouteEntry<R>> {
    yield* this.#guarded.entries();
    yield* this.#open.entries();
  }

  /** Appends a rule; `false` when the same one is there. */
  add(entry: RouteEntry<R>): boolean {
    return this.#listOf(entry).add(entry);
  }

  /** Takes a rule out, keeping the order of the others; `false` when it was not there. */
  remove(rule: CompiledRule): boolean {
    return this.#listOf(rule).remove(rule);
  }

  #listOf({ tests }: CompiledRule): OrderedRules<R> {
    return tests === null ? this.#open : this.#guarded;
  }
}
