// Starts sessions of HTTP/2 for one listener.

import type { Accepted } from "../../../io/contracts.ts";
import type { ListenerContext } from "../../listener_context.ts";
import type { OnSessionEnd } from "../../session.ts";
import type { WorkerContext } from "../../worker_context.ts";
import { ClientConnection } from "../client_connection.ts";
import { refuseRequest, serveRequest } from "./serving.ts";
import { H2Session, type H2SessionParts } from "./session.ts";

/** A session for `accepted`, or `null` when there is no buffer for it. */
export function startH2(
  accepted: Accepted,
  context: ListenerContext,
  worker: WorkerContext,
  onEnd: OnSessionEnd,
): H2Session | null {
  const first = worker.inputBuffers.small.take();
  if (first === null) return null;
  const parts: H2SessionParts = {
    room: worker.streamRoom,
    serve: serveRequest,
    refuse: refuseRequest,
  };
  return new H2Session(
    new ClientConnection(accepted, context, worker),
    accepted.stream,
    first,
    parts,
    onEnd,
  );
}
