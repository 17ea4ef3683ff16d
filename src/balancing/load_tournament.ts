// The lightest of many backends, kept up to date as loads change: a complete binary tree of matches
// over the candidates. A change replays one path to the root, so a pick costs the same with ten
// thousand backends as with ten. What is compared is the load for each unit of weight; of two equally
// loaded backends the earlier in the list wins.

import type { Backend } from "./backend.ts";

export class LoadTournament {
  readonly #metric: number;
  #candidates: readonly Backend[] = [];
  #ranks = new Float64Array(0);
  #weights = new Float64Array(0);
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
    this.#weights = new Float64Array(candidates.length);
    this.#winners = new Int32Array(leaves * 2).fill(-1);
    candidates.forEach((backend, index) => {
      this.#ranks[index] = backend.loadRank(this.#metric);
      this.#weights[index] = backend.rankWeight(this.#metric);
      this.#winners[leaves + index] = index;
    });
    for (let node = leaves - 1; node >= 1; node--) this.#replay(node);
  }

  /** The load of a candidate, or of another backend at its address, may have changed. */
  update({ share }: Backend): void {
    const index = share.candidateIndex;
    if (index < 0) return;
    const candidate = this.#candidates[index];
    if (candidate === undefined || candidate.share !== share) return;
    const rank = candidate.loadRank(this.#metric);
    if (this.#ranks[index] === rank) return;
    this.#ranks[index] = rank;
    for (let node = (this.#leaves + index) >> 1; node >= 1; node >>= 1) this.#replay(node);
  }

  /** The lightest candidate. */
  get first(): Backend | null {
    return this.#candidates[this.#winners[1] as number] ?? null;
  }

  #replay(node: number): void {
    const left = this.#winners[node * 2] as number;
    const right = this.#winners[node * 2 + 1] as number;
    this.#winners[node] = this.#lighter(left, right);
  }

  #lighter(left: number, right: number): number {
    if (left < 0) return right;
    if (right < 0) return left;
    const order = compareRatios(
      this.#ranks[left] as number,
      this.#weights[left] as number,
      this.#ranks[right] as number,
      this.#weights[right] as number,
    );
    if (order !== 0) return order < 0 ? left : right;
    return Math.min(left, right);
  }
}

/** Compares the load per weight of two backends exactly: below 0 when `left` has less, 0 when they are equal. */
export function compareLoads(left: Backend, right: Backend, metric: number): number {
  return compareRatios(
    left.loadRank(metric),
    left.rankWeight(metric),
    right.loadRank(metric),
    right.rankWeight(metric),
  );
}

/** Compares a / b with c / d without rounding, b and d being whole and positive. */
function compareRatios(a: number, b: number, c: number, d: number): number {
  const left = a * d;
  const right = c * b;
  // Products of logarithms have a weight of 1, so only those of large counts are not exact.
  if (left <= Number.MAX_SAFE_INTEGER && right <= Number.MAX_SAFE_INTEGER) return left - right;
  const difference = BigInt(a) * BigInt(d) - BigInt(c) * BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
