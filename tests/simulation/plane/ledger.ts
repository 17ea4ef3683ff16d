// The account of a run: what every client has sent and got, what the data plane says became of it, and
// whether both agree.

import type { Accepted } from "../../../src/io/contracts.ts";
import { headTexts, keepHead } from "../../../src/proxy/log/observed_head.ts";
import { Outcome, type RequestAccount } from "../../../src/session/http/account.ts";
import type {
  ObservedConnection,
  ObservedSession,
  RefusalCause,
  TrafficObserver,
} from "../../../src/session/observer.ts";
import { Reason, reasonName } from "../../../src/session/reason.ts";
import type { TrafficAccount } from "../../../src/session/traffic_account.ts";
import type { Trace } from "./trace.ts";

/** What became of a request, as the data plane says. */
export interface Ended {
  readonly outcome: Outcome;
  readonly reason: Reason;
  readonly status: number;
}

/** One request of a client. */
export interface Sent {
  readonly nonce: number;
  /** The client reads all that comes, in time, and does not leave before. */
  readonly isFaithful: boolean;
  /** The port of the client, which names its connection. */
  readonly port: number;
  /** It is the first of its connection. */
  readonly isFirst: boolean;
  /** The bytes up to the end of its head, from the beginning of the connection. */
  headEnd: number;
  /** The status of the final response; 0 when none began. */
  status: number;
  /** All of the response has come. */
  isComplete: boolean;
  /** The response said where it ends. */
  isDelimited: boolean;
  /** What the data plane says. */
  ended: Ended | null;
  tunnels: number;
}

const OUTCOMES = Object.keys(Outcome);

/** Keeps the account. */
export class Ledger implements TrafficObserver {
  readonly exact = true;
  readonly requests = new Map<number, Sent>();
  /** Ports of clients whose connections were not served. */
  readonly refused = new Set<number>();
  /** The plane cuts what is open. */
  cuts = false;
  /** Accounts of what never became a request, by the port of the client. */
  readonly #nameless = new Map<number, number>();
  answers = 0;
  completed = 0;
  tcpBegun = 0;
  tcpEnded = 0;
  readonly #trace: Trace;
  #nonces = 100;

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  /** A number that no other request has. */
  nextNonce(): number {
    return this.#nonces++;
  }

  /** A client begins to send a request. */
  begin(request: Pick<Sent, "nonce" | "isFaithful" | "port" | "isFirst">): Sent {
    const sent: Sent = {
      ...request,
      headEnd: Infinity,
      status: 0,
      isComplete: false,
      isDelimited: true,
      ended: null,
      tunnels: 0,
    };
    this.requests.set(request.nonce, sent);
    return sent;
  }

  headGoes(account: RequestAccount): void {
    keepHead(account);
  }

  requestEnded(account: RequestAccount, { peer }: ObservedSession): void {
    const { outcome, reason, status, tunnel } = account;
    const nonce = Number(/\/n(\d+)/.exec(headTexts(account).path ?? "")?.[1] ?? -1);
    const named = `${OUTCOMES[outcome]} ${reasonName(reason) ?? "-"} ${status}`;
    this.#trace.note(`${tunnel ? "tunnel" : "request"} ${nonce} ended: ${named}`);
    if (account.endedAt < account.startedAt) {
      this.#trace.violation(`${nonce} ended before it began`);
    }
    if (nonce < 0) this.#nameless.set(peer.port, status);
    const sent = this.requests.get(nonce);
    if (sent === undefined) {
      if (nonce >= 0) this.#trace.violation(`an account of ${nonce}, which nobody has sent`);
      return;
    }
    if (tunnel) {
      if (++sent.tunnels > 1) this.#trace.violation(`two accounts of the tunnel ${nonce}`);
      return;
    }
    if (sent.ended !== null) this.#trace.violation(`two accounts of the request ${nonce}`);
    sent.ended = { outcome, reason, status };
    this.#checkNamed(nonce, sent.ended);
  }

  connectionEnded(account: TrafficAccount, _connection: ObservedConnection): void {
    this.tcpEnded++;
    const reason = reasonName(account.reason) ?? "-";
    this.#trace.note(`connection ended: ${OUTCOMES[account.outcome]} ${reason}`);
  }

  connectionRefused({ peer }: Accepted, cause: RefusalCause): void {
    this.refused.add(peer.port);
    this.#trace.note(`connection ${peer.port} refused: ${cause}`);
  }

  /** Compares what clients saw with what the data plane says, once all is over. */
  settle(arrivedAt: (port: number) => number): void {
    for (const sent of this.requests.values()) this.#settle(sent, arrivedAt(sent.port));
  }

  #checkNamed(nonce: number, { outcome, reason, status }: Ended): void {
    if (outcome === Outcome.COMPLETE && status === 0) {
      this.#trace.violation(`request ${nonce} is complete without a status`);
    }
    if (outcome === Outcome.CUT && reason === Reason.NONE && !this.cuts) {
      this.#trace.violation(`request ${nonce} was cut by the proxy and nobody knows why`);
    }
  }

  #settle(sent: Sent, arrived: number): void {
    const { nonce, ended, status, isComplete, isFaithful } = sent;
    if (status !== 0) this.answers++;
    if (isComplete) this.completed++;
    if (status !== 0 && ended === null && this.#nameless.get(sent.port) !== status) {
      this.#trace.violation(`request ${nonce} was answered ${status} and has no account`);
    }
    if (!isFaithful) return;
    if (ended === null) {
      const came = arrived >= sent.headEnd && !this.refused.has(sent.port) && !this.cuts;
      if (came && sent.isFirst) this.#trace.violation(`request ${nonce} came and has no account`);
      return;
    }
    // Who lingers behind an answer is cut with everybody else, and may lose it.
    if (this.cuts && !isComplete) return;
    const done = ended.outcome === Outcome.COMPLETE || ended.outcome === Outcome.SWITCHED;
    if (done && !isComplete) {
      const got = status === 0 ? "nothing" : `a part of ${status}`;
      this.#trace.violation(
        `request ${nonce} is complete (${ended.status}), its client got ${got}`,
      );
    }
    if (done && ended.status !== status) {
      this.#trace.violation(`request ${nonce}: told ${ended.status}, its client got ${status}`);
    }
    if (isComplete && !done && sent.isDelimited && !this.cuts) {
      const how = `${OUTCOMES[ended.outcome]} ${reasonName(ended.reason) ?? "-"}`;
      this.#trace.violation(`request ${nonce} has its ${status}, and is told as ${how}`);
    }
  }
}
