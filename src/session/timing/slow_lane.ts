// Where connections go on whose clients have us work in vain. However many there are, one of them has its turn
// at a time, and a moment passes before the next: what they cost is bounded, and everybody else is served in
// between.

/** Between two turns, in milliseconds. */
export const LANE_MS = 2;

/** Whoever waits for a turn. */
export interface LaneUser {
  /** Does nothing with its turn. */
  readonly closed: boolean;
}

interface Waiting {
  readonly user: LaneUser;
  readonly go: () => void;
}

/** The lane of one worker. */
export class SlowLane {
  readonly #afterMoment: (work: () => void) => void;
  readonly #waiting: Waiting[] = [];
  /** Those before it have had their turn. */
  #next = 0;

  /** `afterMoment` runs `work` after {@link LANE_MS}, in which the event loop looks at its sockets. */
  constructor(afterMoment: (work: () => void) => void) {
    this.#afterMoment = afterMoment;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length - this.#next;
  }

  /** Resolves when it is the turn of `user`, at the earliest in a moment. */
  take(user: LaneUser): Promise<void> {
    if (this.length === 0) this.#afterMoment(this.#serve);
    return new Promise((go) => this.#waiting.push({ user, go }));
  }

  readonly #serve = (): void => {
    while (this.length > 0) {
      const { user, go } = this.#waiting[this.#next++] as Waiting;
      go();
      if (!user.closed) break;
    }
    if (this.#next >= this.#waiting.length / 2) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
    if (this.length > 0) this.#afterMoment(this.#serve);
  };
}
