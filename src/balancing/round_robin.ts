// Each candidate in turn, in the order in which they were added; weights are ignored.

import type { Backend } from "./backend.ts";
import type { Policy } from "./policy.ts";

export class RoundRobin implements Policy {
  #candidates: readonly Backend[] = [];
  #cursor = 0;

  /** The cursor stays where it is: it is brought into range by the next pick. */
  candidatesChanged(candidates: readonly Backend[]): void {
    this.#candidates = candidates;
  }

  pick(_key: bigint | null): Backend | null {
    const count = this.#candidates.length;
    if (count === 0) return null;
    const index = this.#cursor % count;
    this.#cursor = (this.#cursor + 1) % count;
    return this.#candidates[index] ?? null;
  }
}
