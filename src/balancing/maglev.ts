// Maglev hashing: a table of slots, filled once per set of backends so that each owns a share in
// proportion to its weight, and indexed by the flow key. The table covers every backend, usable or not,
// so an outage moves only the flows of the backend that is out. Without a key: round robin.

import type { Backend } from "./backend.ts";
import { FlowHash, remainder } from "./flow_hash.ts";
import { type FlowKey, flowKey } from "./flows/flow_key.ts";
import type { Policy } from "./policy.ts";
import { RoundRobin } from "./round_robin.ts";

/** Prime, and large enough for one per cent steps with several hundred backends. */
const MAGLEV_TABLE_SIZE = 65537;

const OFFSET_KEY = flowKey(0x6f6666736574n);
const SKIP_KEY = flowKey(0x736b69705f5fn);

export class Maglev implements Policy {
  readonly keyed = true;
  readonly #size: number;
  readonly #keyless = new RoundRobin();
  #candidates: readonly Backend[] = [];
  #members: readonly Backend[] = [];
  /** Index into #members by slot; `null` until the first lookup after a change of members. */
  #table: Int32Array | null = null;

  /** A size that is no prime is raised to the next one. */
  constructor(size: number = MAGLEV_TABLE_SIZE) {
    this.#size = nextPrime(size);
  }

  /** Slots of the table. */
  get size(): number {
    return this.#size;
  }

  candidatesChanged(candidates: readonly Backend[]): void {
    this.#candidates = candidates;
    this.#keyless.candidatesChanged(candidates);
  }

  /** Only notes the change: filling is left to the first lookup, so many additions fill once. */
  membersChanged(members: readonly Backend[]): void {
    this.#members = members;
    this.#table = null;
    this.#keyless.membersChanged(members);
  }

  pick(key: FlowKey | null): Backend | null {
    if (key === null || this.#members.length === 0) return this.#keyless.pick(null);
    const table = this.#table ??= fillTable(this.#members, this.#size);
    let slot = remainder(key.high, key.low, this.#size);
    for (let step = 0; step < this.#size; step++) {
      const { candidateIndex } = (this.#members[table[slot] as number] as Backend).share;
      if (candidateIndex >= 0) return this.#candidates[candidateIndex] ?? null;
      slot = slot + 1 === this.#size ? 0 : slot + 1;
    }
    return this.#keyless.pick(null);
  }

  pickAmong(choices: readonly Backend[], count: number, key: FlowKey | null): Backend | null {
    if (count < 2) return count === 0 ? null : choices[0] ?? null;
    if (key === null || this.#members.length === 0) {
      return this.#keyless.pickAmong(choices, count, null);
    }
    const table = this.#table ??= fillTable(this.#members, this.#size);
    let slot = remainder(key.high, key.low, this.#size);
    for (let step = 0; step < this.#size; step++) {
      const { share } = this.#members[table[slot] as number] as Backend;
      for (let index = 0; index < count; index++) {
        if (choices[index]?.share === share) return choices[index] as Backend;
      }
      slot = slot + 1 === this.#size ? 0 : slot + 1;
    }
    return this.#keyless.pickAmong(choices, count, null);
  }
}

/** Gives every slot to a backend; each takes its next free preferred slot until it has its share. */
function fillTable(members: readonly Backend[], size: number): Int32Array {
  const table = new Int32Array(size).fill(-1);
  const left = shares(members, size);
  const { position, skip } = preferences(members, size);
  let filled = 0;
  while (filled < size) {
    for (let index = 0; index < members.length && filled < size; index++) {
      if (left[index] === 0) continue;
      let slot = position[index] as number;
      const step = skip[index] as number;
      while (table[slot] !== -1) slot = (slot + step) % size;
      table[slot] = index;
      position[index] = (slot + step) % size;
      left[index] = (left[index] as number) - 1;
      filled++;
    }
  }
  return table;
}

/** How many slots each backend gets: in proportion to its weight, the rest one each to the first. */
function shares(members: readonly Backend[], size: number): Int32Array {
  const total = members.reduce((sum, backend) => sum + backend.positiveWeight, 0);
  const counts = Int32Array.from(
    members,
    (backend) => Math.floor(backend.positiveWeight * size / total),
  );
  const rest = size - counts.reduce((sum, count) => sum + count, 0);
  for (let index = 0; index < rest; index++) {
    counts[index % counts.length] = (counts[index % counts.length] as number) + 1;
  }
  return counts;
}

/** The order in which each backend prefers slots: position + n * skip, modulo the prime size. */
function preferences(
  members: readonly Backend[],
  size: number,
): { position: Int32Array; skip: Int32Array } {
  const hash = new FlowHash();
  const hashAll = (key: FlowKey, divisor: number, add: number): Int32Array => {
    hash.setKey(key);
    return Int32Array.from(members, (backend) => {
      hash.setAddress(backend.addressBytes);
      return hash.modulo(divisor) + add;
    });
  };
  return { position: hashAll(OFFSET_KEY, size, 0), skip: hashAll(SKIP_KEY, size - 1, 1) };
}

/** The smallest prime that is at least `value` and at least 2. */
export function nextPrime(value: number): number {
  let candidate = Math.max(2, Math.ceil(value));
  while (!isPrime(candidate)) candidate++;
  return candidate;
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) {
    if (value % divisor === 0) return false;
  }
  return true;
}
