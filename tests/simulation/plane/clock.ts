// Time that stands still until nothing is left to do at its moment, then jumps to the next thing that is
// due. What is due at the same time happens in the order in which it was asked for, so that a run depends
// on nothing but what it is made of.

import type { Timers } from "../../../src/io/contracts.ts";

interface Entry {
  readonly time: number;
  readonly order: number;
  /** `null` once it was done or taken back. */
  work: (() => void) | null;
}

/** A clock, and the timers that run on it. Times are milliseconds. */
export class VirtualClock implements Timers {
  #now = 0;
  #order = 0;
  /** A heap: the next entry comes first. */
  readonly #heap: Entry[] = [];
  #pending = 0;

  get now(): number {
    return this.#now;
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#pending;
  }

  readonly after = (ms: number, work: () => void): () => void =>
    this.at(this.#now + Math.max(0, ms), work);

  readonly every = (ms: number, work: () => void): () => void => {
    let cancel = () => {};
    const next = () => {
      cancel = this.after(ms, next);
      work();
    };
    cancel = this.after(ms, next);
    return () => cancel();
  };

  /** Does `work` at a time that has not passed: at equal times in the order in which it was asked for. */
  at(time: number, work: () => void): () => void {
    const entry: Entry = { time, order: this.#order++, work };
    this.#push(entry);
    this.#pending++;
    return () => this.#drop(entry);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets things happen until `isOver`, or nothing is left, or it is `limit`; true when `isOver`. */
  async run(isOver: () => boolean, limit: number): Promise<boolean> {
    for (;;) {
      // All that promises have set off has happened when the event loop turns.
      await turn();
      if (isOver()) return true;
      const entry = this.#pop();
      if (entry === null || entry.time > limit) return false;
      this.#now = entry.time;
      const { work } = entry;
      this.#drop(entry);
      work?.();
    }
  }

  #drop(entry: Entry): void {
    if (entry.work === null) return;
    entry.work = null;
    this.#pending--;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as Entry, entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | null {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return null;
      const last = this.#heap.pop() as Entry;
      if (this.#heap.length > 0) this.#sink(last);
      if (first.work !== null) return first;
    }
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && isBefore(heap[right] as Entry, heap[child] as Entry)) {
        child = right;
      }
      if (isBefore(entry, heap[child] as Entry)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = entry;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
