// Bounds a wait by a number of milliseconds and by the AbortSignal of the caller. The caller cleans up
// when the wait ends early.

import { ClientError } from "./error.ts";

// Timers count in a signed 32-bit number and fire at once beyond it; 24 days are for ever enough.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long one step may take. */
export interface Wait {
  /** Milliseconds; 0 waits for ever. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Settles like `work`. When the deadline or the signal comes first, rejects with a `ClientError` of kind
 * `timeout` or `cancelled`. `what` completes the sentence "... within N ms".
 */
export async function within<T>(work: Promise<T>, wait: Wait, what: string): Promise<T> {
  const { timeoutMs, signal } = wait;
  const interruption = Promise.withResolvers<never>();
  const onAbort = () => interruption.reject(cancelled(signal));
  const timer = timeoutMs > 0
    ? setTimeout(
      () => interruption.reject(new ClientError("timeout", `${what} within ${timeoutMs} ms`)),
      Math.min(timeoutMs, LONGEST_TIMER_MS),
    )
    : undefined;
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    return await Promise.race([work, interruption.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Throws when the signal has fired already, so that no work is begun for a cancelled request. */
export function stopIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal);
}

/** Resolves after `ms` milliseconds; rejects with kind `cancelled` when the signal fires first. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await within(promise, { timeoutMs: 0, signal }, "");
  } finally {
    clearTimeout(timer);
  }
}

function cancelled(signal: AbortSignal | undefined): ClientError {
  return new ClientError("cancelled", "The request was cancelled", { cause: signal?.reason });
}
