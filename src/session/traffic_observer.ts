// Who is told what the sessions of a worker did: metrics and access logs. Called in the middle of
// traffic, so an observer returns at once and keeps nothing it is handed.

import type { Endpoint, TlsFacts } from "../io/contracts.ts";
import type { ListenerContext } from "./context.ts";
import type { RequestAccount } from "./request_account.ts";

/** The connection a request came on. */
export interface ObservedSession {
  readonly peer: Endpoint;
  readonly tls: TlsFacts | null;
  readonly listener: ListenerContext;
}

/** Is told what became of requests, tunnels and connections. */
export interface TrafficObserver {
  /**
   * It needs times to the microsecond, the first byte of every response among them. Otherwise they are
   * in steps of a millisecond, and a response that comes in one piece has but one: looking at an exact
   * clock costs some hundredths of a request. Must not change.
   */
  readonly exact: boolean;
  /**
   * The bytes of the request's head will be overwritten after this call; what is needed of them later
   * must be copied now. Not called for the requests whose head stays until their end, which most do.
   */
  headGoes(account: RequestAccount, session: ObservedSession): void;
  /**
   * A request or a tunnel is over: exactly once for each request with a complete head, each head that
   * was answered, and each tunnel.
   */
  requestEnded(account: RequestAccount, session: ObservedSession): void;
}
