// The one error class of the command client. Every way in which talking to the command socket can go
// wrong is a kind here, so that callers branch on `kind` and never on message text. A FAILURE answer
// is not an error of the client: it is a `Response` like any other.

/**
 * What went wrong:
 * - `cannot_connect`: no socket at the path, no process listening on it, or no permission
 * - `closed`: the connection ended before the terminal answer; the request may or may not have run
 * - `timeout`: no message arrived in time; the request may still be running
 * - `cancelled`: the caller's AbortSignal fired, or the client was closed
 * - `protocol`: the peer sent something that is not a legal answer
 * - `too_large`: the request does not fit into one frame
 * - `refused`: the peer answered FAILURE where only a stream of events makes sense
 * - `queue_full`: more requests are waiting than the client is allowed to hold
 * - `invalid_request`: the request is of a kind that never gets an answer
 */
export type ClientErrorKind =
  | "cannot_connect"
  | "closed"
  | "timeout"
  | "cancelled"
  | "protocol"
  | "too_large"
  | "refused"
  | "queue_full"
  | "invalid_request";

/** Thrown (as a rejection) by every operation of the client that cannot deliver an answer. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly kind: ClientErrorKind;

  constructor(kind: ClientErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
