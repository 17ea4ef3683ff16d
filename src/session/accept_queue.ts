// Connections that have been accepted and wait until they can be served. The newest is served first: its
// client is the likeliest to be still there. Bounded by whoever puts them in.

import type { Accepted } from "../io/contracts.ts";
import type { SessionStarter } from "./session.ts";

/** A connection that waits, and what will serve it. */
export interface Waiting {
  readonly accepted: Accepted;
  readonly starter: SessionStarter;
  /** When it was accepted, in milliseconds. */
  readonly since: number;
}

/** Accepted connections in the order in which they came. */
export class AcceptQueue {
  readonly #waiting: Waiting[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Takes the connection that came last. */
  takeNewest(): Waiting | null {
    return this.#waiting.pop() ?? null;
  }

  /** Takes every connection that came before `time`, in milliseconds. */
  takeBefore(time: number): readonly Waiting[] {
    const { length } = this.#waiting;
    let count = 0;
    while (count < length && (this.#waiting[count] as Waiting).since < time) count++;
    return count === 0 ? NOTHING : this.#waiting.splice(0, count);
  }
}

const NOTHING: readonly Waiting[] = [];
