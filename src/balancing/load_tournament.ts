// The lightest of many backends, kept up to date as loads change: a complete binary tree of matches
// over the candidates. A change replays one path to the root, so a pick costs the same with ten
// thousand backends as with ten. Of two equally loaded ones the earlier in the list wins.

import type { Backend } from "./backend.ts";

export class LoadTournament {
  readonly #metric: number;
  #candidates: readonly Backend[] = [];
  #ranks = new Float64Array(0);
  /** winners[1] is the root; the leaf of candidate i is at #leaves + i; -1 is a free leaf. */
  #winners = new Int32Array(2).fill(-1);
  #leaves = 1;

  /** `metric` is one of LoadMetric. */
  constructor(metric: number) {
    this.#metric = metric;
  }

  /** Starts anew with these candidates. */
  reset(candidates: readonly Backend[]): void {
    this.#candidates = candidates;
    let leaves = 1;
    while (leaves < candidates.length) leaves *= 2;
    this.#leaves = leaves;
    this.#ranks = new Float64Array(candidates.length);
    this.#winners = new Int32Array(leaves * 2).fill(-1);
    candidates.forEach((backend, index) => {
      this.#ranks[index] = backend.loadRank(this.#metric);
      this.#winners[leaves + index] = index;
    });
    for (let node = leaves - 1; node >= 1; node--) this.#replay(node);
  }

  /** The load of a candidate may have changed. */
  update(backend: Backend): void {
    const index = backend.candidateIndex;
    if (this.#candidates[index] !== backend) return;
    const rank = backend.loadRank(this.#metric);
    if (this.#ranks[index] === rank) return;
    this.#ranks[index] = rank;
    for (let node = (this.#leaves + index) >> 1; node >= 1; node >>= 1) this.#replay(node);
  }

  /** The lightest candidate. */
  get first(): Backend | null {
    return this.#candidates[this.#winners[1] as number] ?? null;
  }

  /** The second lightest candidate: the best of those that met the lightest one. */
  get second(): Backend | null {
    const winner = this.#winners[1] as number;
    let best = -1;
    for (let node = this.#leaves + winner; node > 1; node >>= 1) {
      best = this.#lighter(best, this.#winners[node ^ 1] as number);
    }
    return this.#candidates[best] ?? null;
  }

  #replay(node: number): void {
    const left = this.#winners[node * 2] as number;
    const right = this.#winners[node * 2 + 1] as number;
    this.#winners[node] = this.#lighter(left, right);
  }

  #lighter(left: number, right: number): number {
    if (left < 0) return right;
    if (right < 0) return left;
    const leftRank = this.#ranks[left] as number;
    const rightRank = this.#ranks[right] as number;
    if (leftRank !== rightRank) return leftRank < rightRank ? left : right;
    return Math.min(left, right);
  }
}
