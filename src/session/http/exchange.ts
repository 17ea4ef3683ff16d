// The record of one request and its response, for every HTTP version: what the phases have found out and
// decided. It keeps the cluster it was routed to, so that a change of configuration never alters a request
// in flight. Reused: `begin` starts the record of the next request.

import type { Backend } from "../../balancing/backend.ts";
import { type FlowKey, ReusableFlowKey } from "../../balancing/flows/flow_key.ts";
import type { HstsHeader } from "../../protocol/http/hsts.ts";
import type { MessageHead } from "../../protocol/http/message_head.ts";
import { isConnect, isHead } from "../../protocol/http/method.ts";
import type { TraceContext } from "../../protocol/http/ids/trace_context.ts";
import { ULID_LENGTH } from "../../protocol/http/ids/ulid.ts";
import type { Cluster } from "../cluster.ts";
import type { SessionTarget } from "../upstream/session_target.ts";
import { refuseMove } from "../transitions.ts";
import { RequestAccount } from "./account.ts";
import type { ClientConnection } from "./client_connection.ts";
import { EXCHANGE_TRANSITIONS, ExchangePhase, Interruption } from "./exchange_phase.ts";
import { NO_EXTRAS, RouteExtras } from "./route_extras.ts";

export { ExchangePhase, Interruption };

const MOVES: readonly number[] = EXCHANGE_TRANSITIONS.next;

/** One request and its response. */
export class Exchange {
  /** The connection the request came on. */
  client: ClientConnection;
  readonly request: MessageHead;
  readonly response: MessageHead;
  readonly requestId = new Uint8Array(ULID_LENGTH);
  readonly account: RequestAccount;
  /** Its place in a trace; made when the first of a worker that traces is served. */
  trace: TraceContext | null = null;
  interruption: Interruption = Interruption.NONE;
  /** What is read of the request's head keeps to the rules, and may be shown. */
  legible = true;
  toHead = false;
  /** A CONNECT request: a backend that accepts it means a tunnel, so its connection is not reused. */
  connects = false;
  /** An extended CONNECT (RFC 8441): a backend that agrees means a tunnel, and there is no body before. */
  tunnels = false;
  /** The head of the request is the one that is sent on. */
  edited = false;
  /** The head of the request is needed until it is over: it may be sent again behind its body. */
  keepsHead = false;
  /** Nothing of the request has an effect twice, and all of it stays at hand. */
  repeatable = false;
  /** It was lost with an idle connection that turned out stale, and is sent again. */
  retried = false;
  cluster: Cluster | null = null;
  /** What the route asks for beyond forwarding; shared and empty for plain routes. */
  extras: Readonly<RouteExtras> = NO_EXTRAS;
  /** The HSTS header of the matched route, if there is one. */
  hsts: HstsHeader | null = null;
  /** Its key was looked for. */
  keyed = false;
  /** The key of its client, where its cluster chooses by it. */
  flowKey: FlowKey | null = null;
  /** The backend to try first. */
  picked: Backend | null = null;
  /** The backend that has the request, and that it counts for. */
  serving: Backend | null = null;
  /** Aborts the connect that is under way. */
  connecting: AbortController | null = null;
  #phase: ExchangePhase = ExchangePhase.DONE;
  #ownKey: ReusableFlowKey | null = null;

  constructor(client: ClientConnection, request: MessageHead, response: MessageHead) {
    this.client = client;
    this.request = request;
    this.response = response;
    this.account = new RequestAccount(request, this.requestId);
  }

  get phase(): ExchangePhase {
    return this.#phase;
  }

  /** The only way from one phase to another. */
  enter(phase: ExchangePhase): void {
    const from = this.#phase;
    // Written out: this is asked several times a request, and a call would cost more than the answer.
    if ((MOVES[from] as number >> phase & 1) === 0) refuseMove(EXCHANGE_TRANSITIONS, from, phase);
    this.#phase = phase;
  }

  /** Starts the record of a request of `client`, of which the first byte is there. */
  begin(client: ClientConnection): void {
    this.enter(ExchangePhase.ROUTING);
    this.client = client;
    this.interruption = Interruption.NONE;
    this.legible = true;
    this.toHead =
      this.connects =
      this.tunnels =
      this.edited =
        false;
    this.keepsHead = this.repeatable = this.retried = false;
    this.cluster = null;
    this.extras = NO_EXTRAS;
    this.hsts = null;
    this.keyed = false;
    this.flowKey = null;
    this.picked = this.serving = null;
    this.account.begin(client.worker.accountClock());
    client.worker.requestIds.writeInto(this.requestId, 0);
  }

  /** The request's head is complete and in order. */
  headRead(): void {
    const { request, account } = this;
    account.counts = account.parsed = true;
    account.clientIn = request.end - request.start;
    this.toHead = isHead(request);
    this.connects = isConnect(request);
  }

  /** Part of a response, or of what follows one, may have reached the client. */
  get responding(): boolean {
    return this.#phase >= ExchangePhase.RELAYING;
  }

  /** A key of its own, to be written. */
  ownKey(): ReusableFlowKey {
    return this.#ownKey ??= new ReusableFlowKey();
  }

  /** The extras of this request, to be filled in. */
  ownExtras(): RouteExtras {
    if (this.extras === NO_EXTRAS) this.extras = new RouteExtras();
    return this.extras as RouteExtras;
  }
}

/** Whether the client has a backend that `target` tells: for `current`, for its last request, or at all. */
export function hasBackend(
  client: ClientConnection,
  current: Exchange | null,
  target: SessionTarget,
): boolean {
  if (current !== null && target.matches(current.account.cluster, current.account.backend)) {
    return true;
  }
  return target.matches(client.lastCluster, client.lastBackend) || target.holdsPlace(client);
}
