// Flow control (RFC 9113 section 5.2): what may still be sent, as one number a direction, and when credit
// is given back to a peer.

import { DEFAULT_WINDOW, MAX_WINDOW } from "../frames/settings.ts";

/** What the peer lets us send, on a connection or on one of its streams. May be negative. */
export class SendWindow {
  #available: number;

  constructor(initial: number = DEFAULT_WINDOW) {
    this.#available = initial;
  }

  /** Bytes that may be sent; 0 or less when nothing may. */
  get available(): number {
    return this.#available;
  }

  /** Bytes are sent. */
  take(count: number): void {
    this.#available -= count;
  }

  /** More may be sent, or with a negative number less; false when the window would become too large. */
  add(count: number): boolean {
    if (this.#available + count > MAX_WINDOW) return false;
    this.#available += count;
    return true;
  }
}

/**
 * What we let the peer send. Credit goes back for bytes that were passed on, half a window at a time: a peer
 * that sends without a pause gets few updates and never waits for one. What is held and may never be passed
 * on makes the window smaller, and is no part of that half.
 */
export class ReceiveWindow {
  /** What the peer may still send. */
  #available: number;
  /** Bytes that were passed on and not given back. */
  #owed = 0;

  /** `size` is what the peer may have under way; `announced` what it knows of that already. */
  constructor(size: number, announced: number = DEFAULT_WINDOW) {
    this.#available = announced;
    this.#owed = Math.max(0, size - announced);
  }

  /** Bytes came; false when the peer was not allowed to send as many. */
  receive(count: number): boolean {
    if (count > this.#available) return false;
    this.#available -= count;
    return true;
  }

  /** Bytes that came have been passed on or thrown away. */
  release(count: number): void {
    this.#owed += count;
  }

  /** Whether there is enough to give back to be worth a frame: as much as may still come. */
  get owesUpdate(): boolean {
    return this.#owed > 0 && this.#owed >= this.#available;
  }

  /** The increment to announce now, 0 when it is not worth a frame; with `all` whatever is owed. */
  takeUpdate(all = false): number {
    if (all ? this.#owed === 0 : !this.owesUpdate) return 0;
    const increment = this.#owed;
    this.#owed = 0;
    this.#available += increment;
    return increment;
  }
}
