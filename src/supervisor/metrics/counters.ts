// The counters of the main process: how its workers ended, and its own errors. `metrics get` shows them
// beside the metrics of the workers.

import type { Metric } from "../../observe/metrics/counters.ts";
import type { DeathCause } from "../workers/death.ts";

/** Counters of one main process. */
export class MainCounters {
  readonly #deaths: Record<DeathCause, number> = { crashed: 0, exited: 0, hung: 0, refused: 0 };
  readonly #running: () => number;
  /** Workers started in the place of ones that ended. */
  relaunched = 0;
  /** Requests of a saved state, or of another main process, that were refused and left out. */
  skipped = 0;
  /** Settings of saved states that were raised to what may be served. */
  clamped = 0;
  /** Uncaught exceptions of main. */
  panics = 0;

  /** `running`: the number of workers at this moment. */
  constructor(running: () => number) {
    this.#running = running;
  }

  /** Counts a worker that ended although main had not asked it to. */
  died(cause: DeathCause): void {
    this.#deaths[cause]++;
  }

  /** Starts over. */
  clear(): void {
    for (const cause of Object.keys(this.#deaths) as DeathCause[]) this.#deaths[cause] = 0;
    this.relaunched = 0;
    this.skipped = 0;
    this.clamped = 0;
    this.panics = 0;
  }

  /** Every counter under its metric name. */
  entries(): Metric[] {
    const count = (name: string, value: number): Metric => ({ name, value, gauge: false });
    return [
      ...Object.entries(this.#deaths).map(([cause, value]) => count(`workers.${cause}`, value)),
      count("workers.relaunched", this.relaunched),
      count("config.load_skipped_invalid", this.skipped),
      count("config.load_h2_knob_clamped", this.clamped),
      count("panic", this.panics),
      { name: "workers.running", value: this.#running(), gauge: true },
    ];
  }
}
