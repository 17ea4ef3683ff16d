// What a TCP listener gives to the sessions it accepts. Timeouts are replaced, not changed, by an update;
// services are shared, so a change is seen by the next connection.

import type { Endpoint } from "../../io/contracts.ts";
import type { LoggedTags } from "../../observe/access/record.ts";
import type { ServerNameTable } from "../../routing/name/server_name_table.ts";
import type { Cluster } from "../cluster.ts";

/** Timeouts of a TCP listener, in milliseconds. */
export interface TcpTimeouts {
  /** Client silence, and until the client's PROXY header is complete. */
  readonly front: number;
  /** Backend silence. */
  readonly back: number;
  /** Opening one backend connection. */
  readonly connect: number;
  /** Until the client's TLS ClientHello is complete, where it decides where the connection goes. */
  readonly hello: number;
}

/** What sessions of one TCP listener share. */
export interface TcpListenerContext {
  /** The address backends are told that clients connect to, where the runtime does not tell. */
  readonly address: Endpoint;
  readonly services: ServerNameTable<Cluster>;
  /** What logs show of a cluster's frontend here. */
  readonly tags: ClusterTags;
  readonly timeouts: TcpTimeouts;
}

/** Tags by cluster. */
export interface ClusterTags {
  get(cluster: Cluster): LoggedTags | undefined;
}
