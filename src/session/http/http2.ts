// What HTTP/2 does for the rest of a worker. Its code is a quarter of that of a worker and many workers serve none
// of it, so it is loaded when the configuration asks for it: everything that is always loaded knows only this.

import type { Accepted, ByteStream } from "../../io/contracts.ts";
import type { Cluster } from "../cluster.ts";
import type { ListenerContext } from "../listener_context.ts";
import type { OnSessionEnd, Session } from "../session.ts";
import type { Timer } from "../upstream/connect.ts";
import type { SharedUpstreamPool } from "../upstream/h2/pool.ts";
import type { Exchange } from "./exchange.ts";
import type { StreamRoom } from "./h2/stream_room.ts";
import type { UpstreamSide } from "./upstream.ts";

/** HTTP/2 in one worker. */
export interface Http2 {
  /** Connections to backends. */
  readonly upstreams: SharedUpstreamPool;
  /** What the requests of clients may take of the worker. */
  readonly room: StreamRoom;

  /** A session for a client that speaks HTTP/2, or `null` when there is no buffer for it. */
  start(accepted: Accepted, context: ListenerContext, onEnd: OnSessionEnd): Session | null;

  /**
   * The backend's end of an exchange whose `cluster` speaks HTTP/2, or the status to answer with. `timer` has
   * the deadline of the exchange, and interrupts it.
   */
  takeSide(exchange: Exchange, timer: Timer, cluster: Cluster): Promise<UpstreamSide | 503 | 504>;

  /**
   * Asks the backend at the other end of `stream` for `uri`: the status of its answer, or why there is none.
   * Rejects when the connection breaks.
   */
  ask(
    stream: ByteStream,
    uri: string,
    authority: string,
    lines: Uint8Array,
  ): Promise<number | string>;
}

/** Where those find it who may need it. */
export interface Http2Slot {
  /** `null` until the configuration has asked for HTTP/2; then it stays. */
  readonly loaded: Http2 | null;
}

/** HTTP/2, by somebody whom the configuration leads there: it was loaded before that came into force. */
export function loadedHttp2({ loaded }: Http2Slot): Http2 {
  if (loaded === null) throw new Error("HTTP/2 is used before it is loaded");
  return loaded;
}
