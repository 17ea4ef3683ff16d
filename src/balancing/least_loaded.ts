// The candidate with the smallest load; the earlier in the list when several are equal. Weights are
// ignored.

import type { Backend } from "./backend.ts";
import { LoadTournament } from "./load_tournament.ts";
import type { Policy } from "./policy.ts";

export class LeastLoaded implements Policy {
  readonly #tournament: LoadTournament;

  /** `metric` is one of LoadMetric. */
  constructor(metric: number) {
    this.#tournament = new LoadTournament(metric);
  }

  candidatesChanged(candidates: readonly Backend[]): void {
    this.#tournament.reset(candidates);
  }

  loadChanged(backend: Backend): void {
    this.#tournament.update(backend);
  }

  pick(_key: bigint | null): Backend | null {
    return this.#tournament.first;
  }
}
