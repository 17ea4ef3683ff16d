// Deadlines for very many sessions at the price of one field write and one comparison. Moving a
// deadline further away, which every request does, costs nothing more: the wheel looks again when the
// slot comes round. Only a nearer deadline is filed anew. Time is handed in by the caller.

/** Resolution of every timeout, in milliseconds. */
export const TICK_MS = 100;
/** One turn of the wheel is 51.2 s; later deadlines are filed at its far end and looked at again. */
const SLOTS = 512;

/** Something with a deadline. Only the wheel writes these fields. */
export interface Timed {
  /** Time in milliseconds at which {@link onDeadline} is called; `Infinity` for none. */
  deadline: number;
  /** Tick of the slot that will look at this object; `Infinity` when none will. */
  filedTick: number;
  /** Its place in that slot. */
  filedIndex: number;
  /** The deadline has passed; a new one may be set from here. */
  onDeadline(now: number): void;
}

/** Wakes {@link Timed} objects within one tick after their deadline. */
export class DeadlineWheel {
  /** Time of the last tick, in milliseconds: the clock that deadlines are reckoned from. */
  now: number;
  readonly #slots: Timed[][] = Array.from({ length: SLOTS }, () => []);
  #tick: number;

  constructor(now: number) {
    this.now = now;
    this.#tick = Math.floor(now / TICK_MS);
  }

  /** How many deadlines are kept. */
  get size(): number {
    return this.#slots.reduce((size, { length }) => size + length, 0);
  }

  /** Sets the deadline of `timed` to `delay` milliseconds from now, whatever it was before. */
  arm(timed: Timed, delay: number): void {
    const deadline = this.now + delay;
    timed.deadline = deadline;
    if (deadline < timed.filedTick * TICK_MS) this.#file(timed);
  }

  /**
   * Takes the deadline of `timed` away and forgets it: were it kept until its slot comes round, memory
   * would hold every connection that began and ended within its timeout.
   */
  disarm(timed: Timed): void {
    timed.deadline = Infinity;
    if (timed.filedTick !== Infinity) this.#unfile(timed);
  }

  /** Moves time forward and calls whatever has become due. */
  advance(now: number): void {
    this.now = now;
    const target = Math.floor(now / TICK_MS);
    // After a long pause one whole turn visits every slot; more would visit them again.
    const first = Math.max(this.#tick + 1, target - SLOTS + 1);
    for (let tick = first; tick <= target; tick++) {
      this.#tick = tick;
      this.#visit(tick);
    }
  }

  #visit(tick: number): void {
    const slot = tick % SLOTS;
    const due = this.#slots[slot] as Timed[];
    if (due.length === 0) return;
    this.#slots[slot] = [];
    // First all of them: what is due may arm and disarm its neighbours.
    for (const timed of due) timed.filedTick = Infinity;
    for (const timed of due) {
      if (timed.deadline === Infinity || timed.filedTick !== Infinity) continue;
      if (timed.deadline > this.now) {
        this.#file(timed);
        continue;
      }
      timed.deadline = Infinity;
      timed.onDeadline(this.now);
    }
  }

  #file(timed: Timed): void {
    if (timed.filedTick !== Infinity) this.#unfile(timed);
    const wanted = Math.ceil(timed.deadline / TICK_MS);
    const tick = Math.min(Math.max(wanted, this.#tick + 1), this.#tick + SLOTS - 1);
    const entries = this.#slots[tick % SLOTS] as Timed[];
    timed.filedTick = tick;
    timed.filedIndex = entries.length;
    entries.push(timed);
  }

  /** Takes `timed` out of its slot; the last of the slot takes its place. */
  #unfile(timed: Timed): void {
    const entries = this.#slots[timed.filedTick % SLOTS] as Timed[];
    const last = entries.pop() as Timed;
    timed.filedTick = Infinity;
    if (last === timed) return;
    last.filedIndex = timed.filedIndex;
    entries[timed.filedIndex] = last;
  }
}
