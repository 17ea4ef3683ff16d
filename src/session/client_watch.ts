// Notices a client that resets its connection while nothing is read from it: because its body waits for
// a backend that does not take it, because it has ended its side, or because a response is on its way. A
// read would tell only when everything before the reset has been read. Writing no bytes tells at once.

import { CLIENT_WATCH_MS } from "../../config/defaults.ts";
import type { ResetSeen } from "./defect.ts";
import type { DeadlineWheel, Timed } from "./timing/deadline_wheel.ts";
import type { WritingEnd } from "./sole_reader.ts";

/** How a client can be watched just now. */
export const Watching = {
  /** A read hangs on the client and will tell. */
  READ: 0,
  /** Only asking tells. */
  ASK: 1,
  /** There is nothing to be noticed before {@link ClientWatch.start} is called again. */
  OVER: 2,
} as const;
export type Watching = 0 | 1 | 2;

/** Who has a client to be watched. */
export interface Watcher {
  readonly stream: WritingEnd;
  /** Is told how the client has broken its connection. */
  readonly client: { broke(error: unknown, seen?: ResetSeen): void };
  /** May be called at any time. */
  watching(): Watching;
  /** The client has reset its connection. */
  clientReset(): void;
}

/** Watches one client. */
export class ClientWatch implements Timed {
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  readonly #watcher: Watcher;
  readonly #wheel: DeadlineWheel;
  #asking = false;

  constructor(watcher: Watcher, wheel: DeadlineWheel) {
    this.#watcher = watcher;
    this.#wheel = wheel;
  }

  start(): void {
    if (this.deadline === Infinity) this.#wheel.arm(this, CLIENT_WATCH_MS);
  }

  stop(): void {
    this.#wheel.disarm(this);
  }

  onDeadline(): void {
    const watching = this.#watcher.watching();
    if (watching === Watching.OVER) return;
    if (watching === Watching.ASK && !this.#asking) {
      this.#asking = true;
      // Behind a write that is under way this one waits, and that one tells as well.
      this.#watcher.stream.write(NOTHING).then(
        () => this.#onHere(),
        (error) => this.#onGone(error),
      );
    }
    this.#wheel.arm(this, CLIENT_WATCH_MS);
  }

  #onHere(): void {
    this.#asking = false;
  }

  #onGone(error: unknown): void {
    this.#asking = false;
    // What was true when the question was put may not be when the answer comes.
    if (this.#watcher.watching() === Watching.OVER) return;
    this.#watcher.client.broke(error, "write");
    this.#watcher.clientReset();
  }
}

const NOTHING = new Uint8Array(0);
