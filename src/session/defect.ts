// Tells our own defects from connections that break, which is an ordinary end.

import { Counter, type Counters } from "../observe/metrics/counters.ts";

/** Broken connections surface as rejected reads and writes; anything else is our own defect. */
export function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}

/** Counts and reports `error`, which ended a session, if it is a defect; `what` names the session. */
export function reportDefect(error: unknown, counters: Counters, what: string): void {
  if (!isDefect(error)) return;
  counters.add(Counter.INTERNAL_ERRORS, 1);
  console.error(`${what} ended by an internal error:`, error);
}
