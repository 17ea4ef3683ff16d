// Whether a worker is alive, told by what it sends. Looks are counted, not time: a main process that
// was itself held up (a suspended machine) looks once after the pause and mistakes nothing.

/**
 * Looks without a sign of life after which a worker counts as hung: 5 seconds. The longest a healthy
 * one was seen to keep silent is 0.9 s, while it took in a state of 300,000 objects.
 */
export const HANG_LOOKS = 10;

/** The same before its first message: 20 seconds, in which a runtime starts on any machine. */
export const START_LOOKS = 40;

/** The signs of life of one worker. Call {@link look} once in a beat. */
export class Vitality {
  #silent = 0;
  #hasSpoken = false;

  /** Something came from the worker. */
  signOfLife(): void {
    this.#silent = 0;
    this.#hasSpoken = true;
  }

  /** True when the worker counts as hung. */
  look(): boolean {
    return ++this.#silent > (this.#hasSpoken ? HANG_LOOKS : START_LOOKS);
  }
}
