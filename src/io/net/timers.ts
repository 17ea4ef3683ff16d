// The timers of the runtime.

import type { Timers } from "../contracts.ts";

/** Timers that keep the process alive. */
export const runtimeTimers: Timers = {
  after(ms: number, work: () => void): () => void {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  every(ms: number, work: () => void): () => void {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
};
