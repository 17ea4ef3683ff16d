// What happened to one request, or to the tunnel it turned into: filled in by the phases as they go,
// handed over once at the end, then used again for the next. Plain numbers and references, so that
// keeping it costs no allocation. Measures nothing itself and writes no log.

import type { LoggedTrace } from "../../observe/access/record.ts";
import type { MessageHead } from "../../protocol/http/message_head.ts";
import { Reason } from "../reason.ts";
import { NEVER, Outcome, TrafficAccount } from "../traffic_account.ts";
import { StreamEnd, type WireProtocol } from "./stream_end.ts";

export { NEVER, Outcome };

/**
 * The account of one request or tunnel. Times are milliseconds of the worker's account clock, or NEVER;
 * only differences between them mean something.
 */
export class RequestAccount extends TrafficAccount {
  /**
   * The request's head. Its offsets are good while the account is handed over, unless
   * {@linkcode headGone}.
   */
  readonly head: MessageHead;
  /** The request's id, in ASCII. */
  readonly requestId: Uint8Array;
  /** What its client speaks. Set once, for all requests that are accounted for here. */
  protocol: WireProtocol = "h1";
  /** There is something to tell: a head was complete, or an answer was given to what came of one. */
  counts = false;
  /** Its head was complete and valid. */
  parsed = false;
  /** It is about the tunnel behind a 101, not about the request. */
  tunnel = false;
  /** The bytes of the head have been overwritten, see TrafficObserver.headGoes. */
  headGone = false;

  /** What answers of ours say of a request whose head is gone. */
  route = "";
  /** What an observer has kept of such a head: its bytes from `head.start` on. */
  headCopy: Uint8Array | null = null;
  /** The request's place in its trace; `null` when nothing is traced. */
  trace: LoggedTrace | null = null;

  /** Its head was complete. */
  headAt = NEVER;
  /** The first byte of the response was there. */
  firstByteAt = NEVER;
  /** The head of the final response of a backend was complete. */
  responseHeadAt = NEVER;

  /** Status of the final response; 0 when none was begun. */
  status = 0;
  /** It was sent to the backend. */
  sent = false;
  /** The connection that carried it had carried others before. */
  reused = false;
  /** Times it was sent again. */
  retries = 0;
  /** How its stream ended; NONE where there are none. */
  streamEnd: StreamEnd = StreamEnd.NONE;

  constructor(head: MessageHead, requestId: Uint8Array) {
    super();
    this.head = head;
    this.requestId = requestId;
  }

  /** Starts the account of a request whose first byte is there at `now`. */
  begin(now: number): void {
    this.counts = false;
    this.parsed = false;
    this.tunnel = false;
    this.headGone = false;
    this.headCopy = null;
    this.route = "";
    this.tags = null;
    this.trace = null;
    this.startedAt = now;
    this.headAt = now;
    this.status = 0;
    this.reason = Reason.NONE;
    this.cluster = null;
    this.backend = null;
    this.sent = false;
    this.reused = false;
    this.attempts = 0;
    this.tried = null;
    this.retries = 0;
    this.streamEnd = StreamEnd.NONE;
    this.#restart();
  }

  /** Starts the account of the tunnel behind this request; who its peers are stays. */
  beginTunnel(now: number): void {
    this.counts = true;
    this.tunnel = true;
    this.startedAt = now;
    this.headAt = now;
    this.status = 0;
    this.#restart();
  }

  /** When the request, or the last repetition of it, began to be sent. */
  get sentAt(): number {
    return this.connectedAt === NEVER ? this.headAt : this.connectedAt;
  }

  #restart(): void {
    this.connectedAt = NEVER;
    this.connectMs = NEVER;
    this.firstByteAt = NEVER;
    this.responseHeadAt = NEVER;
    this.endedAt = NEVER;
    this.clientIn = 0;
    this.clientOut = 0;
    this.backendIn = 0;
    this.backendOut = 0;
    this.outcome = Outcome.CUT;
  }
}
