// PRIORITY_UPDATE may come before the stream it is about (RFC 9218 section 7.1): priorities are kept for the
// next streams a client may open, and for no others.

import type { Priority } from "../streams/priority.ts";

/** How far ahead of the last stream, in ids; a power of two. */
export const LOOK_AHEAD = 64;
const PLACES = LOOK_AHEAD / 2;
const NONE = -1;
const NO_IDS = new Int32Array(0);

/** Priorities of streams that are not open yet. */
export class EarlyPriorities {
  /** The ids, and behind them the priorities; made for the first of them. */
  #kept = NO_IDS;

  /** Keeps a priority for stream `id`, which is not far above `highest`; false when it is. */
  keep(id: number, priority: Priority, highest: number): boolean {
    if (!isNear(id, highest)) return false;
    if (this.#kept === NO_IDS) this.#kept = new Int32Array(2 * PLACES).fill(NONE);
    const place = (id >>> 1) % PLACES;
    this.#kept[place] = id;
    this.#kept[place + PLACES] = priority;
    return true;
  }

  /** The priority that was kept for stream `id`, or -1. */
  take(id: number): Priority | -1 {
    const place = (id >>> 1) % PLACES;
    if (this.#kept[place] !== id) return NONE;
    this.#kept[place] = NONE;
    return this.#kept[place + PLACES] as Priority;
  }
}

/** Whether a client may open stream `id` soon, when `highest` is the last one it opened. */
export function isNear(id: number, highest: number): boolean {
  const watermark = highest === 0 ? 0 : highest + 1;
  return (id & 1) === 1 && id > watermark && id <= watermark + LOOK_AHEAD;
}
