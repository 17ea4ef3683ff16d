// What the main process counts: its workers' lives and its own mistakes. Shown by `metrics get` beside
// the measurements of the workers.

import type { Metric } from "../../observe/metrics/counters.ts";
import type { DeathCause } from "../workers/death.ts";

/** Counters of one main process. */
export class MainCounters {
  readonly #deaths: Record<DeathCause, number> = { crashed: 0, exited: 0, hung: 0, refused: 0 };
  readonly #running: () => number;
  /** Workers started in the place of dead ones. */
  relaunched = 0;
  /** Requests of a saved state, or of another main process, that were refused and left out. */
  skipped = 0;
  /** Exceptions nobody caught, here in main. */
  panics = 0;

  /** `running` tells how many workers there are now. */
  constructor(running: () => number) {
    this.#running = running;
  }

  /** Counts a worker that ended without having been asked to. */
  died(cause: DeathCause): void {
    this.#deaths[cause]++;
  }

  /** Starts over. */
  clear(): void {
    for (const cause of Object.keys(this.#deaths) as DeathCause[]) this.#deaths[cause] = 0;
    this.relaunched = 0;
    this.skipped = 0;
    this.panics = 0;
  }

  /** Every counter under its metric name. */
  entries(): Metric[] {
    const count = (name: string, value: number): Metric => ({ name, value, gauge: false });
    return [
      ...Object.entries(this.#deaths).map(([cause, value]) => count(`workers.${cause}`, value)),
      count("workers.relaunched", this.relaunched),
      count("config.load_skipped_invalid", this.skipped),
      count("panic", this.panics),
      { name: "workers.running", value: this.#running(), gauge: true },
    ];
  }
}
