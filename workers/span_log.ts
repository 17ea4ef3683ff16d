// The export of spans as the configuration wants it.

import type { ServerConfig } from "../config/schema/messages.ts";
import { SpanExporter } from "../src/io/log/span_exporter.ts";
import { loggerOf } from "../src/observe/log/log.ts";
import { exportJson } from "../src/observe/trace/otlp_span.ts";
import type { Outlet } from "./outlet.ts";
import { SpanLog } from "../src/proxy/log/span_log.ts";
import { WallClock } from "../src/proxy/wall_clock.ts";

/** The log of the process that spans belong to. */
export interface SpanLogHost {
  /** Which process: `WRK-00`. */
  readonly tag: string;
  /** Of the program. */
  readonly version: string;
  /** Looks after one more way out of the process. */
  adopt(outlet: Outlet): void;
}

/** Who is told about spans. */
export interface SpanLogOwner {
  useSpanLog(spanLog: SpanLog): void;
  countSpans(sent: number, dropped: number): void;
}

/** Gives `owner` the span log of a worker, if spans are to be exported. */
export function openSpanLog(config: ServerConfig, log: SpanLogHost, owner: SpanLogOwner): void {
  const endpoint = config.tracing?.otlp_endpoint;
  if (config.tracing === undefined || endpoint === undefined) return;
  const source = {
    serviceName: config.tracing.service_name,
    version: log.version,
    instance: log.tag,
  };
  const exporter = new SpanExporter(endpoint, (spans) => exportJson(source, spans), {
    sent: (count) => owner.countSpans(count, 0),
    dropped: (count) => owner.countSpans(0, count),
    failing: (problem) => loggerOf("spans").warn("Spans: {problem}", { problem }),
  });
  log.adopt(exporter);
  const clock = new WallClock(() => performance.now(), Date.now);
  owner.useSpanLog(new SpanLog((span) => exporter.push(span), clock));
}
