// Waiting, with timers that are passed in.

import type { Timers } from "../io/contracts.ts";

/** Resolves `ms` milliseconds from now. */
export function elapsed(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.after(ms, resolve));
}
