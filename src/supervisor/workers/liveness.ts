// Whether a worker is alive, by the bytes it sends. Looks are counted, not time: after a suspension of the machine
// there is one look, and no worker counts as hung.

/**
 * Looks without a byte after which a worker counts as hung: 5 seconds. The longest silence of a healthy worker was
 * 0.9 s, while it took in a state of 300,000 objects.
 */
export const HANG_LOOKS = 10;

/** The same before its first message: 20 seconds, for the start of the process. */
export const START_LOOKS = 40;

/** The look in a silence from which on the use of the processors counts; beats are seldom later than two. */
const SILENT_LOOKS = 3;

/**
 * A worker that waits for a processor and has had less than so many seconds of one in its silence is starved by
 * others: it gets more time, though not without end.
 */
const STARVED_SECONDS = 2;
const STARVED_FACTOR = 6;

/** See `src/io/process/facts.ts`. */
export interface ProcessorUse {
  readonly cpuSeconds: number;
  readonly wantsMore: boolean;
}

/** The liveness of one worker. Call {@link look} every BEAT_MS. */
export class Liveness {
  #silent = 0;
  #hasSpoken = false;
  /** Processor seconds it had used when the silence began; `null` when that is not known. */
  #usedBefore: number | null = null;

  /** Something came from the worker. */
  signOfLife(): void {
    this.#silent = 0;
    this.#hasSpoken = true;
  }

  /** True when the worker counts as hung; `use` tells what it has had of the processors, if that is known. */
  look(use: () => ProcessorUse | null = () => null): boolean {
    const silent = ++this.#silent;
    if (silent === SILENT_LOOKS) this.#usedBefore = use()?.cpuSeconds ?? null;
    const most = this.#hasSpoken ? HANG_LOOKS : START_LOOKS;
    if (silent <= most) return false;
    return silent > most * STARVED_FACTOR || !this.#isStarved(use());
  }

  #isStarved(use: ProcessorUse | null): boolean {
    return use !== null && this.#usedBefore !== null && use.wantsMore &&
      use.cpuSeconds - this.#usedBefore < STARVED_SECONDS;
  }
}
