// What a TCP listener gives to the sessions it accepts. Timeouts are replaced, not changed, by an update;
// routes are shared, so a change is seen by the next connection.

import type { Endpoint } from "../../io/contracts.ts";
import type { LoggedTags } from "../../observe/access/record.ts";
import type { HelloRoutes } from "../../routing/name/hello_routes.ts";
import type { Cluster } from "../cluster.ts";

/** Timeouts of a TCP listener, in milliseconds. */
export interface TcpTimeouts {
  /** Client silence, and until the client's PROXY header is complete. */
  readonly front: number;
  /** Backend silence. */
  readonly back: number;
  /** Opening one backend connection. */
  readonly connect: number;
  /** From the accept until the client's TLS ClientHello is complete, where it decides where the connection goes. */
  readonly hello: number;
  /** From the accept until a handshake of ours is over. */
  readonly handshake: number;
}

/** What sessions of one TCP listener share. */
export interface TcpListenerContext {
  /** The address backends are told that clients connect to, where the runtime does not tell. */
  readonly address: Endpoint;
  readonly routes: HelloRoutes<TcpRoute>;
  readonly timeouts: TcpTimeouts;
  /** Bytes of a ClientHello at most. */
  readonly maxHelloBytes: number;
}

/** Where a connection goes. */
export interface TcpRoute {
  readonly cluster: Cluster;
  /** What logs show of it. */
  readonly tags: LoggedTags | null;
}
