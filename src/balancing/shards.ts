// Shuffle sharding: each client is served by a few of the backends, others by others, so that what one client
// does to its backends meets few clients. The shard of a client are the backends with the best rendezvous scores
// for its key: one that comes or goes changes a shard only at its tail. A shard counts addresses, not ids.

import type { AddressShare } from "./addresses/address_share.ts";
import { heaviestOf } from "./addresses/address_table.ts";
import type { Backend } from "./backend.ts";
import { FlowHash } from "./flow_hash.ts";
import type { FlowKey } from "./flows/flow_key.ts";
import { FlowMemo } from "./flows/flow_memo.ts";
import { hrwScore } from "./hrw.ts";

/** How a cluster is sharded. */
export interface Sharding {
  /** Part of the addresses that one client may use, 1 to 100. */
  readonly percent: number;
  /** With fewer addresses there are no shards; at least 2. */
  readonly minimum: number;
  /** Whom no backend of its shard can serve is not served. */
  readonly strict: boolean;
}

/** What became of clients whose shard had no backend for them. */
export class ShardCounts {
  /** Backends outside of a shard that were picked. */
  spilledOver = 0;
  /** Choices of a strict shard that came to nothing. */
  exhausted = 0;

  /** Counts a choice that came to nothing, which is `null`. */
  exhaust(): null {
    this.exhausted++;
    return null;
  }

  /** Begins to count anew. */
  clear(): void {
    this.spilledOver = this.exhausted = 0;
  }
}

const SMALLEST = 2;
const NOTHING: readonly Backend[] = [];

/** Backends in one shard, of `count` addresses. */
export function shardSize(percent: number, count: number): number {
  return Math.min(count, Math.max(SMALLEST, Math.ceil(percent * count / 100)));
}

export class Shards {
  readonly strict: boolean;
  /** What {@link gather} and {@link gatherTriable} found, behind it what earlier calls did. */
  readonly found: Backend[] = [];
  readonly #percent: number;
  readonly #minimum: number;
  readonly #hash = new FlowHash();
  /** The heaviest backend of each address, and all at the address; none are backups. */
  #heaviest: readonly Backend[] = [];
  #siblings: readonly (readonly Backend[])[] = [];
  /** Scores of the addresses, and those that are in the shard. */
  #scores = new Float64Array(0);
  #chosen = new Uint8Array(0);
  /** The shard as a heap whose root has the worst score. */
  #heap = new Int32Array(0);
  #memo: FlowMemo | null = null;
  /** Where the current shard begins in the memo. */
  #at = 0;
  /** Addresses in one shard; 0 when there are none because there are too few backends. */
  #size = 0;

  constructor({ percent, minimum, strict }: Sharding) {
    this.#percent = percent;
    this.#minimum = minimum;
    this.strict = strict;
  }

  /** There are enough backends. */
  get apply(): boolean {
    return this.#size > 0;
  }

  /** The backends changed, in number or in weight. */
  membersChanged(members: readonly Backend[]): void {
    const byShare = new Map<AddressShare, Backend[]>();
    for (const backend of members) {
      if (backend.backup) continue;
      const siblings = byShare.get(backend.share);
      if (siblings === undefined) byShare.set(backend.share, [backend]);
      else siblings.push(backend);
    }
    this.#siblings = [...byShare.values()];
    this.#heaviest = this.#siblings.map(heaviestOf);
    const count = this.#heaviest.length;
    this.#size = count < this.#minimum ? 0 : shardSize(this.#percent, count);
    this.#scores = new Float64Array(count);
    this.#chosen = new Uint8Array(count);
    this.#heap = new Int32Array(this.#size);
    this.#memo = null;
    this.found.length = 0;
  }

  /** Turns to the shard of `key`, of which the other methods speak. */
  enter(key: FlowKey): void {
    const memo = this.#memo ??= new FlowMemo(this.#size);
    this.#at = memo.find(key);
    if (this.#at >= 0) return;
    this.#at = memo.claim(key);
    this.#choose(key);
    let end = this.#at;
    for (let index = 0; index < this.#chosen.length; index++) {
      if (this.#chosen[index] === 1) memo.values[end++] = index;
    }
  }

  /** Finds the `candidates` that are in the shard; returns how many. */
  gather(candidates: readonly Backend[]): number {
    let count = 0;
    for (let index = 0; index < this.#size; index++) {
      const { candidateIndex } = (this.#heaviest[this.#member(index)] as Backend).share;
      if (candidateIndex >= 0) this.found[count++] = candidates[candidateIndex] as Backend;
    }
    return count;
  }

  /** Finds those in the shard to which a connection may be tried, healthy or not; returns how many. */
  gatherTriable(nowMs: number): number {
    let count = 0;
    for (let index = 0; index < this.#size; index++) {
      let best: Backend | null = null;
      for (const backend of this.#siblings[this.#member(index)] ?? NOTHING) {
        if (!backend.retry.mayTry(nowMs)) continue;
        if (best === null || backend.weight > best.weight) best = backend;
      }
      if (best !== null) this.found[count++] = best;
    }
    return count;
  }

  /** Whether the address of the backend is in the shard. */
  holds({ share }: Backend): boolean {
    for (let index = 0; index < this.#size; index++) {
      if (this.#heaviest[this.#member(index)]?.share === share) return true;
    }
    return false;
  }

  #member(index: number): number {
    return (this.#memo as FlowMemo).values[this.#at + index] as number;
  }

  /** Marks the addresses with the best scores. */
  #choose(key: FlowKey): void {
    this.#hash.setKey(key);
    const heap = this.#heap;
    for (let index = 0; index < this.#heaviest.length; index++) {
      this.#chosen[index] = 0;
      this.#scores[index] = hrwScore(this.#hash, this.#heaviest[index] as Backend);
      if (index < this.#size) {
        heap[index] = index;
        if (index === this.#size - 1) this.#makeHeap();
      } else if (this.#isWorse(heap[0] as number, index)) {
        heap[0] = index;
        this.#sink(0);
      }
    }
    for (let index = 0; index < this.#size; index++) this.#chosen[heap[index] as number] = 1;
  }

  #makeHeap(): void {
    for (let node = (this.#size >> 1) - 1; node >= 0; node--) this.#sink(node);
  }

  #sink(node: number): void {
    const heap = this.#heap;
    for (;;) {
      let worst = node;
      for (let child = 2 * node + 1; child <= 2 * node + 2 && child < this.#size; child++) {
        if (this.#isWorse(heap[child] as number, heap[worst] as number)) worst = child;
      }
      if (worst === node) return;
      const moved = heap[node] as number;
      heap[node] = heap[worst] as number;
      heap[worst] = moved;
      node = worst;
    }
  }

  /** Of two addresses with the same score the later one is the worse. */
  #isWorse(left: number, right: number): boolean {
    const leftScore = this.#scores[left] as number;
    const rightScore = this.#scores[right] as number;
    return leftScore === rightScore ? left > right : leftScore < rightScore;
  }
}
