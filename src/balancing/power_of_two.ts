// Two candidates at random, and of them the one with the smaller load for each unit of its weight: nearly as
// even as the lightest of all, without sending every request of a moment to the same backend.

import type { Backend } from "./backend.ts";
import type { FlowKey } from "./flows/flow_key.ts";
import { compareLoads } from "./load_tournament.ts";
import type { Policy } from "./policy.ts";

export class PowerOfTwo implements Policy {
  readonly #metric: number;
  readonly #random: () => number;
  #candidates: readonly Backend[] = [];

  /** `metric` is one of LoadMetric; `random` gives numbers in [0, 1). */
  constructor(metric: number, random: () => number) {
    this.#metric = metric;
    this.#random = random;
  }

  candidatesChanged(candidates: readonly Backend[]): void {
    this.#candidates = candidates;
  }

  pick(key: FlowKey | null): Backend | null {
    return this.pickAmong(this.#candidates, this.#candidates.length, key);
  }

  pickAmong(choices: readonly Backend[], count: number, _key: FlowKey | null): Backend | null {
    if (count < 2) return count === 0 ? null : choices[0] ?? null;
    const one = Math.floor(this.#random() * count);
    // Among the others, so that the two are distinct.
    const drawn = Math.floor(this.#random() * (count - 1));
    const first = choices[one] as Backend;
    const second = choices[drawn < one ? drawn : drawn + 1] as Backend;
    const order = compareLoads(first, second, this.#metric);
    if (order === 0) return this.#random() < 0.5 ? first : second;
    return order < 0 ? first : second;
  }
}
