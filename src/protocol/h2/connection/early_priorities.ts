// PRIORITY_UPDATE may come before the stream it is about (RFC 9218 section 7.1): priorities are kept for the
// next streams a client may open, and for no others.

import type { Priority } from "../streams/priority.ts";

/** How far ahead of the last stream, in ids; a power of two. */
export const LOOK_AHEAD = 64;
const PLACES = LOOK_AHEAD / 2;
const NONE = -1;

/** Priorities of streams that are not open yet. */
export class EarlyPriorities {
  readonly #ids = new Int32Array(PLACES).fill(NONE);
  readonly #priorities = new Uint8Array(PLACES);

  /** Keeps a priority for stream `id`, which is not far above `highest`; false when it is. */
  keep(id: number, priority: Priority, highest: number): boolean {
    if (!isNear(id, highest)) return false;
    const place = (id >>> 1) % PLACES;
    this.#ids[place] = id;
    this.#priorities[place] = priority;
    return true;
  }

  /** The priority that was kept for stream `id`, or -1. */
  take(id: number): Priority | -1 {
    const place = (id >>> 1) % PLACES;
    if (this.#ids[place] !== id) return NONE;
    this.#ids[place] = NONE;
    return this.#priorities[place] as Priority;
  }
}

/** Whether a client may open stream `id` soon, when `highest` is the last one it opened. */
export function isNear(id: number, highest: number): boolean {
  const watermark = highest === 0 ? 0 : highest + 1;
  return (id & 1) === 1 && id > watermark && id <= watermark + LOOK_AHEAD;
}
