// How many client connections speak what, as levels: HTTP, or a tunnel behind a 101.

import { Counter } from "../../observe/metrics/counters.ts";
import type { ListenerContext } from "../listener_context.ts";
import type { WorkerContext } from "../worker_context.ts";

/** Where a connection is counted. */
interface Counted {
  readonly worker: WorkerContext;
  readonly listener: ListenerContext;
}

/** A connection begins (1) or ends (-1) to speak HTTP. */
export function countHttp({ worker, listener }: Counted, change: 1 | -1): void {
  const secure = listener.protocol === "https";
  worker.counters.add(secure ? Counter.PROTOCOL_HTTPS : Counter.PROTOCOL_HTTP, change);
}

/** A connection becomes a tunnel. {@linkcode endTunnel} undoes it. */
export function beginTunnel(place: Counted): void {
  countHttp(place, -1);
  countTunnel(place, 1);
}

export function endTunnel(place: Counted): void {
  countTunnel(place, -1);
  countHttp(place, 1);
}

/** A tunnel begins (1) or ends (-1) beside the requests of its connection. */
export function countTunnel({ worker, listener }: Counted, change: 1 | -1): void {
  const secure = listener.protocol === "https";
  worker.counters.add(secure ? Counter.PROTOCOL_WSS : Counter.PROTOCOL_WS, change);
}
