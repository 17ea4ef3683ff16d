// The routes of one listener: which route does a request belong to? PRE rules are tried first, then
// the host tree, then POST rules. Works on the bytes of the receive buffer and allocates nothing
// unless an expression has to be tried. Generic over the route: it knows neither clusters nor answers.

import type { MessageHead } from "../protocol/http/message_head.ts";
import { HostTrie } from "./host/host_trie.ts";
import { PositionRules } from "./position_rules.ts";
import { compileRule, type RouteEntry } from "./route_entry.ts";
import { describeRule, RouteError, type RouteRule, RulePosition } from "./route_rule.ts";

export class RouteTable<R> {
  readonly #pre = new PositionRules<R>();
  readonly #tree = new HostTrie<R>();
  readonly #post = new PositionRules<R>();
  #treeSize = 0;

  /** How many rules there are. */
  get size(): number {
    return this.#pre.size + this.#treeSize + this.#post.size;
  }

  /** Adds a rule and its route. A refused rule changes nothing. */
  add(rule: RouteRule, route: R): RouteError | null {
    const compiled = compileRule(rule);
    if (compiled instanceof RouteError) return compiled;
    const entry: RouteEntry<R> = { ...compiled, route };
    if (!this.#listOf(rule.position).add(entry)) {
      return new RouteError("duplicate", `Route already exists: ${describeRule(rule)}`);
    }
    if (rule.position === RulePosition.TREE) this.#treeSize++;
    return null;
  }

  /** Removes a rule. A missing one is an error in PRE and POST, and nothing to do in the tree. */
  remove(rule: RouteRule): RouteError | null {
    const compiled = compileRule(rule);
    if (compiled instanceof RouteError) return compiled;
    const removed = this.#listOf(rule.position).remove(compiled);
    if (rule.position === RulePosition.TREE) {
      if (removed) this.#treeSize--;
      return null;
    }
    return removed ? null : new RouteError("not_found", `No such route: ${describeRule(rule)}`);
  }

  /**
   * The route of a request, or `null`. All offsets are into `bytes`: the host without port, the request
   * target with its query, the method as received. `head` tells the header fields; rules that ask for some
   * match nothing without it.
   */
  lookup(
    bytes: Uint8Array,
    hostStart: number,
    hostEnd: number,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
    head: MessageHead | null = null,
  ): R | null {
    const entry = this.match(
      bytes,
      hostStart,
      hostEnd,
      pathStart,
      pathEnd,
      methodStart,
      methodEnd,
      head,
    );
    return entry === null ? null : entry.route;
  }

  /** As {@linkcode lookup}, but tells the rule as well, from which captures can be computed. */
  match(
    bytes: Uint8Array,
    hostStart: number,
    hostEnd: number,
    pathStart: number,
    pathEnd: number,
    methodStart: number,
    methodEnd: number,
    head: MessageHead | null = null,
  ): RouteEntry<R> | null {
    if (this.#pre.size !== 0) {
      const entry = this.#pre
        .match(bytes, hostStart, hostEnd, pathStart, pathEnd, methodStart, methodEnd, head);
      if (entry !== null) return entry;
    }
    const entry = this.#tree
      .match(bytes, hostStart, hostEnd, pathStart, pathEnd, methodStart, methodEnd, head);
    if (entry !== null || this.#post.size === 0) return entry;
    return this.#post
      .match(bytes, hostStart, hostEnd, pathStart, pathEnd, methodStart, methodEnd, head);
  }

  /** Every rule, in no order. */
  *entries(): Iterable<RouteEntry<R>> {
    yield* this.#pre.entries();
    yield* this.#tree.entries();
    yield* this.#post.entries();
  }

  #listOf(position: number): PositionRules<R> | HostTrie<R> {
    if (position === RulePosition.PRE) return this.#pre;
    return position === RulePosition.POST ? this.#post : this.#tree;
  }
}
