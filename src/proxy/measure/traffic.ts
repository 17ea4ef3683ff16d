// Turns the accounts of requests and tunnels into measurements. Runs once for each request: additions
// only, nothing is looked up and nothing is allocated.

import { Counter, type Counters } from "../../observe/metrics/counters.ts";
import {
  answerPosition,
  classPosition,
  ScopeCount,
  ScopeTime,
  statusPosition,
} from "../../observe/metrics/scope_metrics.ts";
import type { Series } from "../../observe/metrics/series.ts";
import { HeaderKind } from "../../protocol/http/header_kind.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { Cluster } from "../../session/cluster.ts";
import { Reason } from "../../session/reason.ts";
import { NEVER, Outcome, type RequestAccount } from "../../session/http/account.ts";
import { StreamEnd } from "../../session/http/stream_end.ts";
import type { UpstreamPool } from "../../session/upstream/pool.ts";
import type { TrafficAccount } from "../../session/traffic_account.ts";
import type { ObservedSession, TrafficObserver } from "../../session/observer.ts";
import { countForwarding } from "./forwarding.ts";
import type { MetricScopes } from "./scopes.ts";

const X_REQUEST_ID = 1 << HeaderKind.X_REQUEST_ID;

/** Answers of ours for which the backend is to blame, once it was connected. */
const BACKEND_FAULTS: ReadonlySet<Reason> = new Set<Reason>([
  Reason.BACKEND_CLOSED,
  Reason.MALFORMED_RESPONSE,
  Reason.UNASKED_UPGRADE,
]);

/** Measures the traffic of one worker. */
export class TrafficMetrics implements TrafficObserver {
  /** Most requests take less than one step of the clock that goes by milliseconds. */
  readonly exact = true;
  readonly #counters: Counters;
  readonly #scopes: MetricScopes;
  readonly #limits: Pick<UpstreamPool, "attemptsFor">;

  /** `limits`: the connections that one request may try. */
  constructor(
    counters: Counters,
    scopes: MetricScopes,
    limits: Pick<UpstreamPool, "attemptsFor">,
  ) {
    this.#counters = counters;
    this.#scopes = scopes;
    this.#limits = limits;
  }

  headGoes(): void {}

  connectionRefused(): void {}

  connectFailed(cluster: Cluster, backend: Backend): void {
    this.#scopes.ofBackend(cluster, backend)?.add(ScopeCount.CONNECT_ERRORS, 1);
  }

  repeatedStale(cluster: Cluster, backend: Backend): void {
    this.#scopes.ofBackend(cluster, backend)?.add(ScopeCount.STALE_UPSTREAM, 1);
  }

  handshakeDone(milliseconds: number): void {
    this.#scopes.proxy.time(ScopeTime.TLS_HANDSHAKE, milliseconds, this.#scopes.times);
  }

  helloDone(milliseconds: number): void {
    this.#scopes.proxy.time(ScopeTime.HELLO, milliseconds, this.#scopes.times);
  }

  requestEnded(account: RequestAccount, session: ObservedSession): void {
    const scope = this.#scopes.ofBackend(account.cluster, account.backend);
    scope?.add(ScopeCount.ACCESS_LOGS, 1);
    if (account.tunnel) this.#countTunnel(account, scope);
    else this.#countRequest(account, scope, session);
    if (account.sent) this.#countBackend(account, scope);
  }

  connectionEnded(account: TrafficAccount): void {
    const scope = this.#scopes.ofBackend(account.cluster, account.backend);
    scope?.add(ScopeCount.ACCESS_LOGS, 1);
    const { outcome } = account;
    if (outcome === Outcome.TIMEOUT || outcome === Outcome.BACKEND_BROKEN) {
      this.#counters.add(Counter.PIPE_ERRORS, 1);
    }
    if (scope !== null && this.#isExhausted(account)) scope.add(ScopeCount.RETRIES_EXHAUSTED, 1);
    if (account.connectedAt === NEVER || scope === null) return;
    scope.add(ScopeCount.REQUESTS, 1);
    scope.time(
      ScopeTime.BACKEND_RESPONSE,
      account.endedAt - account.connectedAt,
      this.#scopes.times,
    );
    scope.time(ScopeTime.BACKEND_CONNECTION, account.connectMs, this.#scopes.times);
    if (scope === this.#scopes.proxy) return;
    scope.add(ScopeCount.BYTES_IN, account.backendIn);
    scope.add(ScopeCount.BYTES_OUT, account.backendOut);
  }

  #countRequest(account: RequestAccount, scope: Series | null, session: ObservedSession): void {
    const counters = this.#counters;
    const { status, reason, outcome } = account;
    if (account.parsed) countForwarding(account, session, counters);
    if (outcome === Outcome.COMPLETE || outcome === Outcome.SWITCHED) {
      counters.add(account.protocol === "h2" ? Counter.E2E_H2 : Counter.E2E_HTTP11, 1);
    }
    if (reason === Reason.NO_ROUTE) counters.add(Counter.NO_ROUTE, 1);
    else if (reason === Reason.MALFORMED_RESPONSE) counters.add(Counter.BACKEND_PARSE_ERRORS, 1);
    else if (reason === Reason.BACKEND_CLOSED || outcome === Outcome.BACKEND_BROKEN) {
      counters.add(Counter.BACKEND_EOF, 1);
    }
    this.#time(account);
    if (scope === null) return;
    scope.add(classPosition(status), 1);
    const position = statusPosition(status);
    if (position >= 0) scope.add(position, 1);
    if (reason !== Reason.NONE && reason !== Reason.SILENT_CLOSE) {
      this.#countAnswer(account, scope);
    }
    const failed = outcome === Outcome.BACKEND_BROKEN || account.streamEnd !== StreamEnd.NONE;
    if (failed && !BACKEND_FAULTS.has(reason)) scope.add(ScopeCount.ERRORS, 1);
  }

  #countAnswer(account: RequestAccount, scope: Series): void {
    scope.add(answerPosition(account.status), 1);
    if (BACKEND_FAULTS.has(account.reason)) scope.add(ScopeCount.ERRORS, 1);
    else if (this.#isExhausted(account)) scope.add(ScopeCount.RETRIES_EXHAUSTED, 1);
  }

  #countTunnel(account: RequestAccount, scope: Series | null): void {
    this.#time(account);
    if (account.outcome === Outcome.COMPLETE) return;
    this.#counters.add(Counter.PIPE_ERRORS, 1);
    scope?.add(ScopeCount.ERRORS, 1);
  }

  /** No backend took the connection in as many attempts as there may be. */
  #isExhausted({ reason, attempts, cluster }: TrafficAccount): boolean {
    return reason === Reason.CONNECT_FAILED && cluster !== null &&
      attempts >= this.#limits.attemptsFor(cluster);
  }

  /** Of the cluster when it is known and told apart, and of the worker. */
  #time(account: RequestAccount): void {
    const { startedAt, endedAt, firstByteAt, sentAt } = account;
    const whole = endedAt - startedAt;
    const own = firstByteAt === NEVER ? whole : (sentAt - startedAt) + (endedAt - firstByteAt);
    const { proxy, times } = this.#scopes;
    proxy.time(ScopeTime.REQUEST, whole, times);
    proxy.time(ScopeTime.SERVICE, own, times);
    const scope = this.#scopes.ofCluster(account.cluster);
    if (scope === null || scope === proxy) return;
    scope.time(ScopeTime.REQUEST, whole, times);
    scope.time(ScopeTime.SERVICE, own, times);
  }

  #countBackend(account: RequestAccount, scope: Series | null): void {
    if (scope === null) return;
    const { times } = this.#scopes;
    scope.time(ScopeTime.BACKEND_RESPONSE, account.endedAt - account.sentAt, times);
    if (account.responseHeadAt !== NEVER) {
      scope.time(ScopeTime.BACKEND_HEADER, account.responseHeadAt - account.sentAt, times);
    }
    if (account.connectMs !== NEVER) {
      scope.time(ScopeTime.BACKEND_CONNECTION, account.connectMs, times);
    }
    if (!account.tunnel) {
      scope.add(ScopeCount.REQUESTS, 1);
      const propagated = (account.head.seen & X_REQUEST_ID) !== 0;
      this.#counters.add(
        propagated ? Counter.REQUEST_ID_PROPAGATED : Counter.REQUEST_ID_GENERATED,
        1,
      );
    }
    // With the worker as a whole, bytes_in and bytes_out are those of its clients.
    if (scope === this.#scopes.proxy) return;
    scope.add(ScopeCount.BYTES_IN, account.backendIn);
    scope.add(ScopeCount.BYTES_OUT, account.backendOut);
  }
}
