// Remembers what was found for flow keys until the backends change, since the requests of one client come one
// after another and finding it takes time for each backend. It has a fixed size: each key has one place, and
// loses it to another key that has the same.

import type { FlowKey } from "./flow_key.ts";

const MAX_PLACES = 1024;
/** Numbers that all places hold together, unless one alone needs more. */
const MAX_VALUES = 65_536;

export class FlowMemo {
  /** What is remembered: as many numbers for each place as the memo is wide. */
  readonly values: Int32Array;
  readonly #width: number;
  readonly #places: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #used: Uint8Array;

  /** `width` numbers are remembered for each key, at least 1. */
  constructor(width: number) {
    this.#width = width;
    this.#places = Math.max(1, Math.min(MAX_PLACES, Math.floor(MAX_VALUES / width)));
    this.values = new Int32Array(this.#places * width);
    this.#high = new Uint32Array(this.#places);
    this.#low = new Uint32Array(this.#places);
    this.#used = new Uint8Array(this.#places);
  }

  /** Where the numbers of `key` begin in {@link values}, -1 when they are not known. */
  find({ high, low }: FlowKey): number {
    const place = low % this.#places;
    const known = this.#used[place] === 1 && this.#low[place] === low && this.#high[place] === high;
    return known ? place * this.#width : -1;
  }

  /** Where the numbers of `key` are to be put; what was remembered there is lost. */
  claim({ high, low }: FlowKey): number {
    const place = low % this.#places;
    this.#used[place] = 1;
    this.#high[place] = high;
    this.#low[place] = low;
    return place * this.#width;
  }

  /** Forgets everything. */
  clear(): void {
    this.#used.fill(0);
  }
}
