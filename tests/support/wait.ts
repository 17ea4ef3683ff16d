// Waiting for something to become true, with a deadline. Tests never sleep for a fixed time: they
// say what they wait for and fail with its name.

/** How long and how often {@link waitFor} looks. */
export interface WaitOptions {
  /** Milliseconds until it gives up; 5,000 unless told. */
  readonly deadlineMs?: number;
  /** Milliseconds between two looks; 10 unless told. */
  readonly everyMs?: number;
}

/**
 * Polls `condition` until it returns something truthy and resolves with that.
 * Throws an error naming `what` when the deadline passes; an error thrown by the last look is its cause.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  { deadlineMs = 5_000, everyMs = 10 }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      cause = undefined;
      const seen = await condition();
      if (seen) return seen as NonNullable<T>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) {
      throw new Error(`Waited ${deadlineMs} ms in vain for ${what}`, { cause });
    }
    await pause(everyMs);
  }
}

/** Resolves with the value of `promise`, or throws an error naming `what` after `deadlineMs`. */
export async function within<T>(
  what: string,
  deadlineMs: number,
  promise: Promise<T>,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Waited ${deadlineMs} ms in vain for ${what}`)),
    deadlineMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms` milliseconds: pacing between two looks, never a synchronisation. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
