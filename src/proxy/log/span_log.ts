// Spans of the requests of a worker: each sampled one becomes a span and is queued for the collector.

import { asciiText } from "../../bytes/ascii.ts";
import { spanJson } from "../../observe/trace/otlp_span.ts";
import { ULID_LENGTH } from "../../protocol/http/ids/ulid.ts";
import { SPAN_ID_LENGTH, TRACE_ID_LENGTH } from "../../protocol/http/ids/trace_context.ts";
import { Reason, reasonName } from "../../session/reason.ts";
import { Outcome, type RequestAccount } from "../../session/http/account.ts";
import type { ObservedSession, TrafficObserver } from "../../session/observer.ts";
import { headTexts, keepHead } from "./observed_head.ts";
import type { WallClock } from "../wall_clock.ts";

/** Hands spans on. */
export class SpanLog implements TrafficObserver {
  readonly exact = true;
  readonly #push: (span: string) => void;
  readonly #clock: WallClock;

  constructor(push: (span: string) => void, clock: WallClock) {
    this.#push = push;
    this.#clock = clock;
  }

  headGoes(account: RequestAccount): void {
    if (account.trace?.sampled === true) keepHead(account);
  }

  requestEnded(account: RequestAccount, { peer, listener }: ObservedSession): void {
    const { trace } = account;
    if (trace === null || !trace.sampled || account.tunnel) return;
    const { outcome } = account;
    this.#push(spanJson({
      traceId: asciiText(trace.traceId, 0, TRACE_ID_LENGTH),
      spanId: asciiText(trace.spanId, 0, SPAN_ID_LENGTH),
      parentId: trace.hasParent ? asciiText(trace.parentId, 0, SPAN_ID_LENGTH) : null,
      startMicros: this.#clock.microsAt(account.startedAt),
      endMicros: this.#clock.microsAt(account.endedAt),
      scheme: listener.protocol,
      version: account.protocol === "h2" ? "2" : null,
      ...headTexts(account),
      status: account.status === 0 ? null : account.status,
      reason: reasonName(account.reason),
      failed: outcome !== Outcome.COMPLETE && outcome !== Outcome.SWITCHED &&
        outcome !== Outcome.CLIENT_GONE && account.reason !== Reason.SILENT_CLOSE,
      clientIp: peer.ip,
      clusterId: account.cluster?.id ?? null,
      backendId: account.backend?.id ?? null,
      backendAddress: account.backend?.address.text ?? null,
      requestId: asciiText(account.requestId, 0, ULID_LENGTH),
    }));
  }

  connectionEnded(): void {}

  connectionRefused(): void {}
}
