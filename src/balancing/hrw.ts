// Weighted rendezvous hashing: every candidate gets a score from the flow key and its address, the
// highest wins. A candidate that leaves moves only its own flows. Without a key: round robin.

import type { Backend } from "./backend.ts";
import { FlowHash } from "./flow_hash.ts";
import type { FlowKey } from "./flows/flow_key.ts";
import { FlowMemo } from "./flows/flow_memo.ts";
import type { Policy } from "./policy.ts";
import { RoundRobin } from "./round_robin.ts";

const TWO_64 = 2 ** 64;
/** So few are scored about as fast as a memo is asked. */
const FEW = 3;

export class Hrw implements Policy {
  readonly keyed = true;
  readonly #hash = new FlowHash();
  readonly #keyless = new RoundRobin();
  #candidates: readonly Backend[] = [];
  /** Positions of candidates by flow key; made when a flow comes. */
  #memo: FlowMemo | null = null;

  candidatesChanged(candidates: readonly Backend[]): void {
    this.#candidates = candidates;
    this.#memo?.clear();
    this.#keyless.candidatesChanged(candidates);
  }

  membersChanged(members: readonly Backend[]): void {
    this.#keyless.membersChanged(members);
  }

  pick(key: FlowKey | null): Backend | null {
    if (key === null) return this.#keyless.pick(null);
    const candidates = this.#candidates;
    if (candidates.length <= FEW) {
      return candidates[this.#best(candidates, candidates.length, key)] ?? null;
    }
    const memo = this.#memo ??= new FlowMemo(1);
    let at = memo.find(key);
    if (at < 0) {
      at = memo.claim(key);
      memo.values[at] = this.#best(candidates, candidates.length, key);
    }
    return candidates[memo.values[at] as number] ?? null;
  }

  pickAmong(choices: readonly Backend[], count: number, key: FlowKey | null): Backend | null {
    if (key === null) return this.#keyless.pickAmong(choices, count, null);
    return choices[this.#best(choices, count, key)] ?? null;
  }

  /** Position of the one with the highest score, the first of equals; -1 when there is none. */
  #best(choices: readonly Backend[], count: number, key: FlowKey): number {
    this.#hash.setKey(key);
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < count; index++) {
      const score = hrwScore(this.#hash, choices[index] as Backend);
      if (score <= bestScore) continue;
      best = index;
      bestScore = score;
    }
    return best;
  }
}

/** The score of a backend for the key that `hash` was given. */
export function hrwScore(hash: FlowHash, { addressBytes, positiveWeight }: Backend): number {
  hash.setAddress(addressBytes);
  const { value } = hash;
  // The largest hashes round up to 2^64, whose logarithm would be 0: the best score there is.
  return value >= TWO_64 ? Number.MAX_VALUE : -positiveWeight / Math.log((value + 0.5) / TWO_64);
}
