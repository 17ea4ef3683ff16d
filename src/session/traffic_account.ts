// What happened to one piece of traffic, be it a request, the tunnel it turned into, or a connection that
// is passed on as it is: filled in as it goes, handed over once at its end. Plain numbers and references,
// so that keeping it costs no allocation. Measures nothing itself and writes no log.

import type { Backend } from "../balancing/backend.ts";
import type { LoggedTags } from "../observe/access/record.ts";
import type { Cluster } from "./cluster.ts";
import { Reason } from "./reason.ts";

/** How a request or a tunnel ended. */
export const Outcome = {
  /** The client was sent all of its response; a tunnel was ended by its peers. */
  COMPLETE: 0,
  /** A 101 was sent. What follows is a tunnel with an account of its own. */
  SWITCHED: 1,
  /** The client left before it had all of its response. */
  CLIENT_GONE: 2,
  /** A side was silent for too long, and a response could not be made or had begun already. */
  TIMEOUT: 3,
  /** The backend ended or broke the rules when part of its response had been sent on. */
  BACKEND_BROKEN: 4,
  /** This proxy closed the connection: a stop, an eviction, a limit, a defect. */
  CUT: 5,
} as const;
export type Outcome = 0 | 1 | 2 | 3 | 4 | 5;

/** A time that has not come, a duration that does not exist. */
export const NEVER = -1;

/**
 * What all accounts have. Times are milliseconds of the worker's account clock, or NEVER; only
 * differences between them mean something.
 */
export class TrafficAccount {
  /** It began: the first byte of a request was there, a connection was accepted. */
  startedAt = NEVER;
  /** The backend connection that carries it was established; NEVER when it was a pooled one. */
  connectedAt = NEVER;
  /** How long the last successful connect took, in milliseconds; NEVER when none was needed. */
  connectMs = NEVER;
  /** It was over. */
  endedAt = NEVER;
  /** Connections tried for it, pooled ones included. */
  attempts = 0;
  /** The backends to which no connection could be made for it; `null` while there is none. */
  tried: Backend[] | null = null;

  /** Bytes read from the client for it, and written to the client. */
  clientIn = 0;
  clientOut = 0;
  /** Bytes read from and written to the backend for it. */
  backendIn = 0;
  backendOut = 0;

  /** Tags of the frontend that matched. */
  tags: LoggedTags | null = null;
  /** Why this proxy answered itself, or turned a connection away; NONE when a backend had it. */
  reason: Reason = Reason.NONE;
  outcome: Outcome = Outcome.CUT;
  cluster: Cluster | null = null;
  /** The backend it was sent to, or for which a connection was tried last. */
  backend: Backend | null = null;
}
