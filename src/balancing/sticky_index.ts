// The backends of a set by the value of their sticky cookie. Several may share one value.

import type { Backend } from "./backend.ts";

/** Finds the backend that a cookie names. */
export class StickyIndex {
  readonly #byValue = new Map<string, Backend[]>();

  /** Adds a backend; `members` says which of those with its value comes first. */
  add(backend: Backend, members: readonly Backend[]): void {
    const others = this.#byValue.get(backend.stickyValue);
    if (others === undefined) this.#byValue.set(backend.stickyValue, [backend]);
    else {
      others.push(backend);
      others.sort((left, right) => members.indexOf(left) - members.indexOf(right));
    }
  }

  remove(backend: Backend): void {
    const left = this.#byValue.get(backend.stickyValue)?.filter((other) => other !== backend);
    if (left === undefined || left.length === 0) this.#byValue.delete(backend.stickyValue);
    else this.#byValue.set(backend.stickyValue, left);
  }

  /** The backend for which this cookie was issued, if a connection to it may be opened now. */
  pick(value: string, nowMs: number): Backend | null {
    return this.#byValue.get(value)?.find((backend) => backend.canOpen(nowMs)) ?? null;
  }
}
