// Random numbers that can be repeated: a simulation draws everything it does from one seed, and a
// failure says which. Set SOZU_SEED to run that seed again.

export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error("There is nothing to pick from");
    return values[this.below(values.length)] as T;
  }

  shuffled<T>(values: readonly T[]): T[] {
    const order = values.map((value) => ({ value, rank: this.next() }));
    return order.sort((left, right) => left.rank - right.rank).map(({ value }) => value);
  }
}

/** Runs a simulation with a seed of its own; a failure carries the seed. */
export function simulate(run: (random: SeededRandom) => void): void {
  const wanted = Deno.env.get("SOZU_SEED");
  const seed = wanted === undefined
    ? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
    : Number(wanted);
  try {
    run(new SeededRandom(seed));
  } catch (error) {
    throw new Error(`Simulation failed; repeat with SOZU_SEED=${seed}`, { cause: error });
  }
}
