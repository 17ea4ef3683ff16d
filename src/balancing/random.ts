// A candidate at random, in proportion to its weight. A weight of 0 is never drawn while another one is
// positive; if all are 0, or one is negative, all are equally likely.

import type { Backend } from "./backend.ts";
import type { FlowKey } from "./flows/flow_key.ts";
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
    candidates.forEach((backend, index) => {
      sum += backend.weight;
      sums[index] = sum;
    });
    this.#sums = totalWeight(candidates, candidates.length) > 0 ? sums : new Float64Array(0);
  }

  pick(_key: FlowKey | null): Backend | null {
    const count = this.#candidates.length;
    if (count === 0) return null;
    const sums = this.#sums;
    if (sums.length === 0) return this.#drawOne(this.#candidates, count);
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

  pickAmong(choices: readonly Backend[], count: number, _key: FlowKey | null): Backend | null {
    const total = totalWeight(choices, count);
    if (total === 0) return this.#drawOne(choices, count);
    let left = this.#random() * total;
    let drawn: Backend | null = null;
    for (let index = 0; index < count && left >= 0; index++) {
      const backend = choices[index] as Backend;
      if (backend.weight > 0) drawn = backend;
      left -= backend.weight;
    }
    return drawn;
  }

  #drawOne(choices: readonly Backend[], count: number): Backend | null {
    return count === 0 ? null : choices[Math.floor(this.#random() * count)] ?? null;
  }
}

/** The sum of the weights; 0 when all are equally likely. */
function totalWeight(choices: readonly Backend[], count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) {
    const { weight } = choices[index] as Backend;
    if (!(weight >= 0)) return 0;
    sum += weight;
  }
  return sum;
}
