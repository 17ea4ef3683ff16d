// Weighted rendezvous hashing: every candidate gets a score from the flow key and its address, the
// highest wins. A candidate that leaves moves only its own flows. Without a key: round robin.

import type { Backend } from "./backend.ts";
import { FlowHash } from "./flow_hash.ts";
import type { Policy } from "./policy.ts";
import { RoundRobin } from "./round_robin.ts";

const TWO_64 = 2 ** 64;

export class Hrw implements Policy {
  readonly keyed = true;
  readonly #hash = new FlowHash();
  readonly #keyless = new RoundRobin();
  #candidates: readonly Backend[] = [];

  candidatesChanged(candidates: readonly Backend[]): void {
    this.#candidates = candidates;
    this.#keyless.candidatesChanged(candidates);
  }

  pick(key: bigint | null): Backend | null {
    if (key === null) return this.#keyless.pick(null);
    this.#hash.setKey(key);
    let best: Backend | null = null;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const backend of this.#candidates) {
      this.#hash.setAddress(backend.addressBytes);
      const score = hrwScore(this.#hash.value, backend.hashWeight);
      if (score > bestScore) {
        best = backend;
        bestScore = score;
      }
    }
    return best;
  }
}

/** The score of a hash (0 up to 2^64) under a weight of at least 1. */
function hrwScore(hash: number, weight: number): number {
  // The largest hashes round up to 2^64, whose logarithm would be 0: the best score there is.
  return hash >= TWO_64 ? Number.MAX_VALUE : -weight / Math.log((hash + 0.5) / TWO_64);
}
