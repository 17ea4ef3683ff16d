// What a worker knows of a client connection whatever it speaks: that it can be run, drained and
// closed, and how long it has been silent. Everything that counts against the limit on connections is
// a Session, from the accept on.

import type { Accepted } from "../io/contracts.ts";
import type { Placed } from "./placed_set.ts";
import type { Ending, SessionTarget } from "./upstream/session_target.ts";

/** A client connection from accept to close. */
export interface Session extends Placed {
  /** When something last happened here, in milliseconds of the worker's clock. */
  readonly lastActive: number;
  /** Serves the connection until it ends; never rejects. Its end has been told when it resolves. */
  run(): Promise<void>;
  /** The worker drains: what is under way goes on and is the last; a tunnel goes on until it is cut. */
  drain(): void;
  /**
   * Says goodbye to a client that a draining worker still waits for without anything being under way.
   * True when only the client's own close is missing. May be called again.
   */
  leaveIdle(): boolean;
  /** Ends when it has what `target` tells: at once without work in progress, and tunnels at once in any case. */
  endFor(target: SessionTarget): Ending;
  /** Ends the connection at once; whatever waits for it wakes up with an error. May be called twice. */
  close(): void;
}

/** Is told once that a session has ended. */
export type OnSessionEnd = (session: Session) => void;

/** Makes sessions of one kind: what a listener gives to its connections. */
export interface SessionStarter {
  /**
   * A session for `accepted` that has not run yet, or `null` when there is no buffer for it; the
   * caller then closes the connection. `onEnd` is called once, when the session is over.
   */
  start(accepted: Accepted, onEnd: OnSessionEnd): Session | null;
}
