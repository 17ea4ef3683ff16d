// When to dial again after a failed attempt: exponential delays with full jitter on their upper
// half, so that many clients of a restarted main do not all come back at the same instant.

/** How a lost connection is opened again. */
export interface BackoffPolicy {
  /** Dials in total before giving up, at least 1. */
  readonly attempts: number;
  /** Delay before the second dial, in milliseconds. */
  readonly firstDelayMs: number;
  /** No delay is longer than this, in milliseconds. */
  readonly maxDelayMs: number;
}

// A main process that restarts is back within a second or two: 50, 100, 200, 400 ms covers it
// without keeping a script waiting when no main process runs.
export const DEFAULT_BACKOFF: BackoffPolicy = { attempts: 5, firstDelayMs: 50, maxDelayMs: 2_000 };

/**
 * Milliseconds to wait after `failures` failed dials (1 = the first one failed).
 * `random` is in [0, 1); the delay lies between half and all of the exponential value.
 */
export function delayAfter(policy: BackoffPolicy, failures: number, random: number): number {
  const exponential = policy.firstDelayMs * 2 ** Math.max(0, failures - 1);
  const ceiling = Math.min(exponential, policy.maxDelayMs);
  return ceiling / 2 + random * (ceiling / 2);
}
