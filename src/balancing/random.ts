// A candidate at random, in proportion to its weight. A weight of 0 is never drawn while another one is
// positive; if all are 0, or one is negative, all are equally likely.

import type { Backend } from "./backend.ts";
import type { Policy } from "./policy.ts";

export class Random implements Policy {
  readonly #random: () => number;
  #candidates: readonly Backend[] = [];
  /** Sum of the weights up to and including each candidate; empty when all are equally likely. */
  #sums = new Float64Array(0);

  /** `random` gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  candidatesChanged(candidates: readonly Backend[]): void {
    this.#candidates = candidates;
    const sums = new Float64Array(candidates.length);
    let sum = 0;
    let valid = true;
    candidates.forEach((backend, index) => {
      if (!(backend.weight >= 0)) valid = false;
      sum += backend.weight;
      sums[index] = sum;
    });
    this.#sums = valid && sum > 0 ? sums : new Float64Array(0);
  }

  pick(_key: bigint | null): Backend | null {
    const count = this.#candidates.length;
    if (count === 0) return null;
    const sums = this.#sums;
    if (sums.length === 0) return this.#candidates[Math.floor(this.#random() * count)] ?? null;
    const drawn = this.#random() * (sums[count - 1] as number);
    // The first candidate whose sum exceeds what was drawn.
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) > drawn) high = middle;
      else low = middle + 1;
    }
    return this.#candidates[low] ?? null;
  }
}
