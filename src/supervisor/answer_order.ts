// Keeps the answers of pipelined requests in the order of the requests, although the work for them
// may end in any order. Holds back what is not due; writes nothing itself.

import type { Response } from "../../config/messages.ts";

/** The answers to one request. */
export interface AnswerSlot {
  /** An answer that is not the last one. */
  progress(response: Response): void;
  /** The last answer; `null` when there is none to send. */
  finish(response: Response | null): void;
}

class Slot implements AnswerSlot {
  readonly held: Response[] = [];
  finished = false;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  progress(response: Response): void {
    if (this.finished) return;
    this.held.push(response);
    this.#changed();
  }

  finish(response: Response | null): void {
    if (this.finished) return;
    if (response !== null) this.held.push(response);
    this.finished = true;
    this.#changed();
  }
}

/** A queue of requests under way; only the oldest one's answers pass at once. */
export class AnswerOrder {
  readonly #emit: (response: Response) => void;
  #slots: Slot[] = [];
  #waiters: { below: number; wake: () => void }[] = [];

  /** `emit` takes the answers in their final order. */
  constructor(emit: (response: Response) => void) {
    this.#emit = emit;
  }

  /** Opens the place of the next request. */
  open(): AnswerSlot {
    const slot = new Slot(() => this.#advance());
    this.#slots.push(slot);
    return slot;
  }

  /** Requests that have no last answer yet. */
  get underWay(): number {
    return this.#slots.length;
  }

  /** Resolves once fewer than `count` requests are under way. */
  fewerThan(count: number): Promise<void> {
    if (this.#slots.length < count) return Promise.resolve();
    return new Promise((wake) => this.#waiters.push({ below: count, wake }));
  }

  #advance(): void {
    let done = 0;
    for (const slot of this.#slots) {
      for (const response of slot.held) this.#emit(response);
      slot.held.length = 0;
      if (!slot.finished) break;
      done++;
    }
    if (done === 0) return;
    this.#slots.splice(0, done);
    const ready = this.#waiters.filter(({ below }) => this.#slots.length < below);
    this.#waiters = this.#waiters.filter(({ below }) => this.#slots.length >= below);
    for (const { wake } of ready) wake();
  }
}
