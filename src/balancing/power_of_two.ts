// One of the two lightest candidates, each as likely as the other: nearly as even as the lightest
// alone, without sending every request of a moment to the same backend.

import type { Backend } from "./backend.ts";
import { LoadTournament } from "./load_tournament.ts";
import type { Policy } from "./policy.ts";

export class PowerOfTwo implements Policy {
  readonly #tournament: LoadTournament;
  readonly #random: () => number;

  /** `metric` is one of LoadMetric; `random` gives numbers in [0, 1). */
  constructor(metric: number, random: () => number) {
    this.#tournament = new LoadTournament(metric);
    this.#random = random;
  }

  candidatesChanged(candidates: readonly Backend[]): void {
    this.#tournament.reset(candidates);
  }

  loadChanged(backend: Backend): void {
    this.#tournament.update(backend);
  }

  pick(_key: bigint | null): Backend | null {
    const first = this.#tournament.first;
    if (first === null || this.#random() < 0.5) return first;
    return this.#tournament.second ?? first;
  }
}
