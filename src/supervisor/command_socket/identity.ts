// The identity of a client of the command socket: its number, the id of its session, and its user.

import type { PeerIdentity } from "../../io/net/peer_identity.ts";

/** One connection and its user. */
export interface ClientIdentity {
  /** Counts up from 0 in this process. */
  readonly id: number;
  /** Id of the session, unique everywhere. */
  readonly ulid: string;
  /** When it was accepted, in milliseconds since 1970 with fractions. */
  readonly connectedAt: number;
  readonly peer: PeerIdentity;
}
