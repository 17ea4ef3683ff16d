// The interface of every listener of a worker, whatever its protocol: an address that can be opened and closed while
// its settings stay, and a maker of sessions. Each kind of listener has one file beside this one.

import type { ListenerType, SocketAddress } from "../../../config/schema/messages.ts";
import type { Http2Slot } from "../../session/http/http2.ts";
import type { WorkerContext } from "../../session/worker_context.ts";
import type { ClusterSet } from "../clusters.ts";
import type { PlaneParts } from "../parts.ts";
import type { AcceptHandler, ListeningSocket } from "./socket.ts";

/** The parts of a worker that its listeners share. */
export interface SharedParts {
  readonly worker: WorkerContext;
  readonly http2: Http2Slot;
  readonly clusters: ClusterSet;
  readonly parts: PlaneParts;
}

/** A listener that has been added. Inactive at first. */
export interface ProxyListener {
  readonly kind: ListenerType;
  readonly address: SocketAddress;
  readonly active: boolean;
  /** Where its connections come in. */
  readonly socket: ListeningSocket;
  /**
   * Opens the socket and hands every connection to `handler`; resolves with the reason when it
   * cannot. An active listener stays as it is.
   */
  activate(handler: AcceptHandler): Promise<string | null>;
  /**
   * Closes the socket; connections stay. Resolves once no connection can be lost by it any more, with
   * the reason when the listener was not active.
   */
  deactivate(): Promise<string | null>;
}
