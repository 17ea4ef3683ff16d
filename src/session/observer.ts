// Who is told what the sessions of a worker did: metrics and access logs. Called in the middle of
// traffic, so an observer returns at once and keeps nothing it is handed.

import type { Backend } from "../balancing/backend.ts";
import type { Accepted, Endpoint, TlsFacts } from "../io/contracts.ts";
import type { LoggedSession } from "../observe/access/record.ts";
import type { Cluster } from "./cluster.ts";
import type { ListenerContext } from "./listener_context.ts";
import type { RequestAccount } from "./http/account.ts";
import type { TrafficAccount } from "./traffic_account.ts";

/** A client connection. */
export interface ObservedConnection {
  readonly peer: Endpoint;
  readonly tls: TlsFacts | null;
  /** What logs have found out about it. */
  logged: LoggedSession | null;
}

/** The connection a request came on. */
export interface ObservedSession extends ObservedConnection {
  readonly listener: ListenerContext;
}

/** Why a connection was not served. */
export type RefusalCause = "max_connections" | "max_buffers" | "accept_queue_timeout" | "stopping";

/** Is told what became of requests, tunnels and connections. */
export interface TrafficObserver {
  /**
   * It needs times to the microsecond instead of in steps of a millisecond: looking at an exact clock
   * costs some hundredths of a request. A response that comes in one piece has only the time of its end
   * in either case. Must not change.
   */
  readonly exact: boolean;
  /**
   * The bytes of the request's head will be overwritten after this call; what is needed of them later
   * must be copied now. Not called for the requests whose head stays until their end, which most do.
   */
  headGoes(account: RequestAccount, session: ObservedSession): void;
  /** A connection to a backend could not be made. */
  connectFailed?(cluster: Cluster, backend: Backend): void;
  /** A request was lost with an idle connection to a backend that had gone, and is sent again. */
  repeatedStale?(cluster: Cluster, backend: Backend): void;
  /** A TLS handshake succeeded, so many milliseconds after it could begin. */
  handshakeDone?(milliseconds: number): void;
  /** A client has told which service it wants, or never will, so many milliseconds after the accept. */
  helloDone?(milliseconds: number): void;
  /**
   * A request or a tunnel is over: exactly once for each request with a complete head, each head that
   * was answered, and each tunnel.
   */
  requestEnded(account: RequestAccount, session: ObservedSession): void;
  /** A connection of a TCP listener is over: exactly once for each that was admitted. */
  connectionEnded(account: TrafficAccount, connection: ObservedConnection): void;
  /** A connection was closed without having been served. */
  connectionRefused(accepted: Accepted, cause: RefusalCause): void;
}

/** One observer that tells several; `null` when there is none to tell. */
export function joinObservers(observers: readonly TrafficObserver[]): TrafficObserver | null {
  const [first = null] = observers;
  return observers.length > 1 ? new JoinedObservers(observers) : first;
}

class JoinedObservers implements TrafficObserver {
  readonly exact: boolean;
  readonly #observers: readonly TrafficObserver[];

  constructor(observers: readonly TrafficObserver[]) {
    this.#observers = observers;
    this.exact = observers.some(({ exact }) => exact);
  }

  headGoes(account: RequestAccount, session: ObservedSession): void {
    for (const observer of this.#observers) observer.headGoes(account, session);
  }

  connectFailed(cluster: Cluster, backend: Backend): void {
    for (const observer of this.#observers) observer.connectFailed?.(cluster, backend);
  }

  repeatedStale(cluster: Cluster, backend: Backend): void {
    for (const observer of this.#observers) observer.repeatedStale?.(cluster, backend);
  }

  handshakeDone(milliseconds: number): void {
    for (const observer of this.#observers) observer.handshakeDone?.(milliseconds);
  }

  helloDone(milliseconds: number): void {
    for (const observer of this.#observers) observer.helloDone?.(milliseconds);
  }

  requestEnded(account: RequestAccount, session: ObservedSession): void {
    for (const observer of this.#observers) observer.requestEnded(account, session);
  }

  connectionEnded(account: TrafficAccount, connection: ObservedConnection): void {
    for (const observer of this.#observers) observer.connectionEnded(account, connection);
  }

  connectionRefused(accepted: Accepted, cause: RefusalCause): void {
    for (const observer of this.#observers) observer.connectionRefused(accepted, cause);
  }
}
