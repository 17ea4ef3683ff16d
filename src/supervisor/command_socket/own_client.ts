// The client for requests that main makes itself, such as a reload by a signal. In the audit trail it appears as the
// main process.

import { PeerNames } from "../../io/net/peer_identity.ts";
import type { Client } from "./client_session.ts";

/** Main as a client; `ulid` identifies the request. */
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
    passConnectionTo: () => {},
  };
}
