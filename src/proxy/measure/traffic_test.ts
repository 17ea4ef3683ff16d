import assert from "node:assert/strict";
import { shopListener } from "../../../tests/support/session/http_sessions.ts";
import { Detail } from "../../observe/metrics/detail_leases.ts";
import { Counter, Counters } from "../../observe/metrics/counters.ts";
import { ScopeCount } from "../../observe/metrics/scope_metrics.ts";
import { MessageHead } from "../../protocol/http/message_head.ts";
import { Outcome, RequestAccount } from "../../session/http/account.ts";
import { StreamEnd } from "../../session/http/stream_end.ts";
import { Reason } from "../../session/reason.ts";
import { MetricScopes } from "./scopes.ts";
import { TrafficMetrics } from "./traffic.ts";

/** What is counted of one request: complete responses of each HTTP version, and errors. */
function counted(change: Partial<RequestAccount>): [number, number, number] {
  const counters = new Counters();
  const scopes = new MetricScopes(Detail.PROCESS);
  const account = new RequestAccount(new MessageHead(new Uint8Array()), new Uint8Array());
  account.begin(0);
  new TrafficMetrics(counters, scopes, { attemptsFor: () => 5 }).requestEnded(
    Object.assign(account, change),
    {
      peer: { ip: "192.0.2.1", port: 1 },
      tls: null,
      logged: null,
      listener: shopListener(),
    },
  );
  const errors = scopes.proxy.counts[ScopeCount.ERRORS] ?? 0;
  return [counters.get(Counter.E2E_HTTP11), counters.get(Counter.E2E_H2), errors];
}

Deno.test("complete responses are counted by the HTTP version of their client", () => {
  assert.deepEqual(counted({ outcome: Outcome.COMPLETE }), [1, 0, 0]);
  assert.deepEqual(counted({ outcome: Outcome.COMPLETE, protocol: "h2" }), [0, 1, 0]);
  assert.deepEqual(counted({ outcome: Outcome.CUT, protocol: "h2" }), [0, 0, 0]);
});

Deno.test("a stream that ended early is one error, whatever else was wrong with it", () => {
  const h2 = { protocol: "h2" } as const;
  const reset = { ...h2, streamEnd: StreamEnd.PEER_RESET, outcome: Outcome.CLIENT_GONE };
  assert.deepEqual(counted(reset), [0, 0, 1]);
  const broken = { ...h2, streamEnd: StreamEnd.RESET, outcome: Outcome.BACKEND_BROKEN };
  assert.deepEqual(counted(broken), [0, 0, 1]);
  const late = { ...h2, streamEnd: StreamEnd.IDLE_TIMEOUT, outcome: Outcome.TIMEOUT };
  assert.deepEqual(counted({ ...late, reason: Reason.BACKEND_CLOSED, status: 502 }), [0, 0, 1]);
});
