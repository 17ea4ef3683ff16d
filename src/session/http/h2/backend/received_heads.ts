// The heads of one response in the order in which they come. Usually somebody waits for each of them, and it is
// decoded where it is needed; one that comes while another is being passed on waits for its turn.

import type { HeadSpace } from "../../../../protocol/h2/connection/events.ts";
import { MessageHead } from "../../../../protocol/http/message_head.ts";
import { HeadEnd } from "../../upstream.ts";

/** Interim heads that may wait; nobody has a use for more. */
const MOST_WAITING = 8;
/** A section that does not fit gets bytes of its own, of just its size. */
const NO_BYTES = new Uint8Array(0);

/** The heads of one response. */
export class ReceivedHeads {
  readonly #head: MessageHead;
  readonly #waiting: MessageHead[] = [];
  /** {@link #head} may be overwritten. */
  #free = true;
  /** {@link #head} holds one that nobody has seen. */
  #ready = false;
  /** Why no more come. */
  #failure: HeadEnd | null = null;
  #wake: ((end: HeadEnd) => void) | null = null;

  /** Each head will be in `head` when its turn comes. */
  constructor(head: MessageHead) {
    this.#head = head;
  }

  /** Where the next head is to be decoded; `null` when too many wait. */
  space(): HeadSpace | null {
    if (this.#free) return { head: this.#head, bytes: NO_BYTES, at: 0 };
    if (this.#waiting.length === MOST_WAITING) return null;
    return { head: new MessageHead(NO_BYTES), bytes: NO_BYTES, at: 0 };
  }

  /** One has come, in its space. */
  push(head: MessageHead): void {
    if (head !== this.#head) {
      this.#waiting.push(head);
      return;
    }
    this.#free = false;
    this.#ready = this.#wake === null;
    this.#tell(HeadEnd.READ);
  }

  /** No more come. What has come before is still seen. */
  fail(how: HeadEnd): void {
    this.#failure ??= how;
    this.#tell(this.#failure);
  }

  /** The next one, or why there is none. The one before is no longer needed. */
  next(): Promise<HeadEnd> {
    if (this.#ready) {
      this.#ready = false;
      return READ;
    }
    const next = this.#waiting.shift();
    if (next !== undefined) {
      this.#head.adopt(next);
      return READ;
    }
    if (this.#failure !== null) return Promise.resolve(this.#failure);
    this.#free = true;
    return new Promise((resolve) => this.#wake = resolve);
  }

  #tell(end: HeadEnd): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.(end);
  }
}

const READ = Promise.resolve(HeadEnd.READ);
