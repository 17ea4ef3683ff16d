// Keeps the answers of pipelined requests in the order of the requests, although the work for them
// may end in any order. An answer is held back until the requests before it are answered.

import type { Response } from "../../../config/schema/messages.ts";

/** The answers to one request. */
export interface AnswerSlot {
  /** An answer that is not the last one. */
  progress(response: Response): void;
  /** The last answer; `null` when there is none to send. */
  finish(response: Response | null): void;
}

class Slot implements AnswerSlot {
  /** Bytes of the request. */
  readonly size: number;
  next: Slot | null = null;
  finished = false;
  readonly #order: AnswerOrder;
  #held: Response[] = [];

  constructor(order: AnswerOrder, size: number) {
    this.#order = order;
    this.size = size;
  }

  progress(response: Response): void {
    if (this.finished) return;
    this.#held.push(response);
    this.#order.changed(this);
  }

  finish(response: Response | null): void {
    if (this.finished) return;
    if (response !== null) this.#held.push(response);
    this.finished = true;
    this.#order.changed(this);
  }

  takeHeld(): Response[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

/** A queue of requests in progress; only the answers of the oldest one pass at once. */
export class AnswerOrder {
  readonly #emit: (response: Response) => void;
  #oldest: Slot | null = null;
  #newest: Slot | null = null;
  #underWay = 0;
  #bytes = 0;
  #waiters: { readonly below: number; readonly wake: () => void }[] = [];

  /** `emit` takes the answers in their final order. */
  constructor(emit: (response: Response) => void) {
    this.#emit = emit;
  }

  /** Opens the place of the next request, which came in `size` bytes. */
  open(size = 0): AnswerSlot {
    const slot = new Slot(this, size);
    if (this.#newest === null) this.#oldest = slot;
    else this.#newest.next = slot;
    this.#newest = slot;
    this.#underWay++;
    this.#bytes += size;
    return slot;
  }

  /** Requests that have no last answer yet, or one that is held back. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Bytes of those requests. */
  get bytesUnderWay(): number {
    return this.#bytes;
  }

  /** Resolves once fewer than `count` requests are in progress. */
  fewerThan(count: number): Promise<void> {
    if (this.#underWay < count) return Promise.resolve();
    return new Promise((wake) => this.#waiters.push({ below: count, wake }));
  }

  /** A slot has a new answer; for slots only. */
  changed(slot: Slot): void {
    if (slot === this.#oldest) this.#advance(slot);
  }

  #advance(oldest: Slot): void {
    let slot: Slot | null = oldest;
    while (slot !== null) {
      for (const response of slot.takeHeld()) this.#emit(response);
      if (!slot.finished) break;
      this.#underWay--;
      this.#bytes -= slot.size;
      slot = slot.next;
    }
    this.#oldest = slot;
    if (slot === null) this.#newest = null;
    if (this.#waiters.length > 0) this.#wake();
  }

  #wake(): void {
    const ready = this.#waiters.filter(({ below }) => this.#underWay < below);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter(({ below }) => this.#underWay >= below);
    for (const { wake } of ready) wake();
  }
}
