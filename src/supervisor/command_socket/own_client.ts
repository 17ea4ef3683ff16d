// The client in whose name main does what nobody on the command socket asked for, such as a reload by a
// signal. It shows up in the audit trail as main itself.

import { PeerNames } from "../../io/net/peer_identity.ts";
import type { Client } from "./client_session.ts";

/** Main as a client of its own; `ulid` identifies this piece of work. */
export function ownClient(ulid: string, now: number): Client {
  const credentials = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0, pid: Deno.pid };
  return {
    // No client of the socket has this number.
    id: 0xffff_ffff,
    ulid,
    connectedAt: now,
    peer: new PeerNames().identify(credentials),
    progress: () => {},
    subscribe: () => () => false,
    giveAway: () => {},
  };
}
