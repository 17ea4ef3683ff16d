// The export of spans as the configuration wants it.

import manifest from "../deno.json" with { type: "json" };
import type { ServerConfig } from "../config/messages.ts";
import { SpanExporter } from "../src/io/span_exporter.ts";
import { loggerOf } from "../src/observe/log.ts";
import { exportJson } from "../src/observe/otlp_span.ts";
import type { Outlet } from "./access_log_open.ts";
import { SpanLog } from "./span_log.ts";
import { WallClock } from "./wall_clock.ts";

/** The log of the process that spans belong to. */
export interface SpanLogHost {
  /** Which process: `WRK-00`. */
  readonly tag: string;
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
    version: manifest.version,
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
