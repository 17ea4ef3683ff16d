// How long a backend takes to answer, as an average that jumps up at once and comes down slowly
// (peak-sensitive exponentially weighted moving average): a backend that turned slow is noticed with
// the first slow connection and trusted again only after a while.

/** Time constant of the decay. */
const DECAY_MS = 1000;

/** What is assumed before the first observation. */
export const INITIAL_RTT_MS = 50;

export class PeakEwma {
  #valueMs = INITIAL_RTT_MS;
  #observedAtMs: number;

  constructor(nowMs: number) {
    this.#observedAtMs = nowMs;
  }

  /** Records one duration. */
  observe(durationMs: number, nowMs: number): void {
    if (durationMs > this.#valueMs) {
      this.#valueMs = durationMs;
    } else {
      const kept = Math.exp(-this.#elapsed(nowMs) / DECAY_MS);
      this.#valueMs = this.#valueMs * kept + durationMs * (1 - kept);
    }
    this.#observedAtMs = Math.max(nowMs, this.#observedAtMs);
  }

  /** The average at `nowMs`, decayed since the last observation, in milliseconds. */
  read(nowMs: number): number {
    return this.#valueMs * Math.exp(-this.#elapsed(nowMs) / DECAY_MS);
  }

  /**
   * A number that orders averages as `read` does at any one moment: all of them decay by the same
   * factor, so the logarithm carried back to time zero says which is the smaller without knowing `now`.
   */
  get rank(): number {
    return Math.log(this.#valueMs) + this.#observedAtMs / DECAY_MS;
  }

  #elapsed(nowMs: number): number {
    return Math.max(0, nowMs - this.#observedAtMs);
  }
}
