// The candidate with the smallest load for each unit of its weight; the earlier in the list when several are
// equal.

import type { Backend } from "./backend.ts";
import type { FlowKey } from "./flows/flow_key.ts";
import { compareLoads, LoadTournament } from "./load_tournament.ts";
import type { Policy } from "./policy.ts";

export class LeastLoaded implements Policy {
  readonly #metric: number;
  readonly #tournament: LoadTournament;

  /** `metric` is one of LoadMetric. */
  constructor(metric: number) {
    this.#metric = metric;
    this.#tournament = new LoadTournament(metric);
  }

  candidatesChanged(candidates: readonly Backend[]): void {
    this.#tournament.reset(candidates);
  }

  loadChanged(backend: Backend): void {
    this.#tournament.update(backend);
  }

  pick(_key: FlowKey | null): Backend | null {
    return this.#tournament.first;
  }

  pickAmong(choices: readonly Backend[], count: number, _key: FlowKey | null): Backend | null {
    let best: Backend | null = null;
    for (let index = 0; index < count; index++) {
      const backend = choices[index] as Backend;
      if (best === null || compareLoads(backend, best, this.#metric) < 0) best = backend;
    }
    return best;
  }
}
