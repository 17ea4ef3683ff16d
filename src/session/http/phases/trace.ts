// The phase that comes before all decisions: the request gets its place in a trace.

import { TraceContext } from "../../../protocol/http/ids/trace_context.ts";
import type { Exchange } from "../exchange.ts";
import type { Tracer } from "../tracer.ts";

/** Gives the request of `exchange` its place in a trace. */
export function beginTrace(exchange: Exchange, tracer: Tracer): void {
  exchange.trace ??= new TraceContext();
  tracer.begin(exchange.request, exchange.trace);
  exchange.account.trace = exchange.trace;
}
