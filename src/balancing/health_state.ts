// Is a backend healthy, as the last probes tell? Results must agree several times in a row before the
// answer changes, so that one odd probe moves no traffic. Holds counters only; probes are made elsewhere.

/** How many equal results in a row change the state; both at least 1. */
export interface HealthThresholds {
  readonly healthy: number;
  readonly unhealthy: number;
}

/** What a probe result changed. */
export type HealthTransition = "became_healthy" | "became_unhealthy" | null;

export class HealthState {
  #healthy = true;
  #successes = 0;
  #failures = 0;

  get healthy(): boolean {
    return this.#healthy;
  }

  /** Records one probe result. */
  record(success: boolean, thresholds: HealthThresholds): HealthTransition {
    if (success) {
      this.#failures = 0;
      this.#successes++;
      if (this.#healthy || this.#successes < thresholds.healthy) return null;
      this.#healthy = true;
      return "became_healthy";
    }
    this.#successes = 0;
    this.#failures++;
    if (!this.#healthy || this.#failures < thresholds.unhealthy) return null;
    this.#healthy = false;
    return "became_unhealthy";
  }

  /** Back to the initial state: healthy, nothing counted. */
  reset(): void {
    this.#healthy = true;
    this.#successes = 0;
    this.#failures = 0;
  }
}
