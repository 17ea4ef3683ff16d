// Each candidate in turn, in the order in which they were added. Where weights differ, turns are in proportion
// to them and interleaved (smooth weighted round robin): with every choice each candidate is owed its weight, the
// one that is owed the most is chosen, and pays for all.

import type { Backend } from "./backend.ts";
import type { FlowKey } from "./flows/flow_key.ts";
import type { Policy } from "./policy.ts";

export class RoundRobin implements Policy {
  #candidates: readonly Backend[] = [];
  /** All candidates have the same weight. */
  #even = true;
  #cursor = 0;

  /** The cursor stays where it is: it is brought into range by the next pick. */
  candidatesChanged(candidates: readonly Backend[]): void {
    this.#candidates = candidates;
    this.#even = areEven(candidates, candidates.length);
  }

  /** Nobody is owed anything any more. */
  membersChanged(members: readonly Backend[]): void {
    for (const { share } of members) share.owed = 0;
  }

  pick(_key: FlowKey | null): Backend | null {
    const count = this.#candidates.length;
    return this.#even
      ? this.#takeTurn(this.#candidates, count)
      : takeWeightedTurn(this.#candidates, count);
  }

  pickAmong(choices: readonly Backend[], count: number, _key: FlowKey | null): Backend | null {
    return areEven(choices, count)
      ? this.#takeTurn(choices, count)
      : takeWeightedTurn(choices, count);
  }

  #takeTurn(choices: readonly Backend[], count: number): Backend | null {
    if (count === 0) return null;
    const index = this.#cursor % count;
    this.#cursor = (this.#cursor + 1) % count;
    return choices[index] ?? null;
  }
}

function areEven(choices: readonly Backend[], count: number): boolean {
  const weight = choices[0]?.positiveWeight;
  for (let index = 1; index < count; index++) {
    if (choices[index]?.positiveWeight !== weight) return false;
  }
  return true;
}

function takeWeightedTurn(choices: readonly Backend[], count: number): Backend | null {
  let best: Backend | null = null;
  let mostOwed = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const backend = choices[index] as Backend;
    const { share, positiveWeight } = backend;
    total += positiveWeight;
    share.owed += positiveWeight;
    if (share.owed <= mostOwed) continue;
    best = backend;
    mostOwed = share.owed;
  }
  if (best !== null) best.share.owed -= total;
  return best;
}
