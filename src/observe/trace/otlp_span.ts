// Spans in the JSON encoding of OTLP 1: one request of a client, as a trace shows it. Values in, text
// out; attribute names are those of OpenTelemetry's semantic conventions for HTTP.

import { safeText } from "../log/safe_text.ts";

/** Longest text of an attribute, in characters. */
const MAX_TEXT = 1024;

const KIND_SERVER = 2;
const STATUS_ERROR = 2;
const SCOPE = "sozu";

/** One request. Absent texts and numbers are `null`. */
export interface SpanFacts {
  /** Lower-case hexadecimal. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  /** Whole microseconds since 1970. */
  readonly startMicros: number;
  readonly endMicros: number;
  readonly method: string | null;
  readonly scheme: string;
  /** Of HTTP, as the client speaks it; `null` for the usual one. */
  readonly version: string | null;
  readonly authority: string | null;
  /** With its query. */
  readonly path: string | null;
  readonly status: number | null;
  /** Why this proxy answered itself. */
  readonly reason: string | null;
  /** It ended with an error. */
  readonly failed: boolean;
  readonly userAgent: string | null;
  readonly clientIp: string | null;
  readonly clusterId: string | null;
  readonly backendId: string | null;
  readonly backendAddress: string | null;
  readonly requestId: string | null;
}

/** The process that sends spans. */
export interface SpanSource {
  readonly serviceName: string;
  readonly version: string;
  /** Tag of the process: `WRK-00`. */
  readonly instance: string;
}

/** One span as a JSON object. */
export function spanJson(span: SpanFacts): string {
  const mark = span.path?.indexOf("?") ?? -1;
  const path = mark < 0 ? span.path : span.path?.slice(0, mark) ?? null;
  const attributes = [
    text("http.request.method", span.method),
    text("url.scheme", span.scheme),
    text("network.protocol.version", span.version),
    text("url.path", path),
    text("url.query", mark < 0 ? null : span.path?.slice(mark + 1) ?? null),
    text("server.address", span.authority),
    number("http.response.status_code", span.status),
    text("error.type", errorOf(span)),
    text("user_agent.original", span.userAgent),
    text("client.address", span.clientIp),
    text("sozu.cluster_id", span.clusterId),
    text("sozu.backend_id", span.backendId),
    text("sozu.request_id", span.requestId),
    text("network.peer.address", span.backendAddress),
  ].filter((attribute) => attribute !== null);
  return JSON.stringify({
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId === null ? {} : { parentSpanId: span.parentId }),
    name: safeText(span.method ?? "HTTP"),
    kind: KIND_SERVER,
    startTimeUnixNano: `${span.startMicros}000`,
    endTimeUnixNano: `${Math.max(span.endMicros, span.startMicros)}000`,
    attributes,
    status: errorOf(span) === null ? {} : { code: STATUS_ERROR },
  });
}

/** The body of an export request with these spans, each as {@linkcode spanJson} wrote it. */
export function exportJson(source: SpanSource, spans: readonly string[]): string {
  const attributes = [
    text("service.name", source.serviceName),
    text("service.version", source.version),
    text("service.instance.id", source.instance),
  ];
  const scope = JSON.stringify({ name: SCOPE, version: source.version });
  return `{"resourceSpans":[{"resource":{"attributes":${JSON.stringify(attributes)}},` +
    `"scopeSpans":[{"scope":${scope},"spans":[${spans.join(",")}]}]}]}`;
}

/** The error of the proxy or of the backend; an error of the client is none of a server span. */
function errorOf({ status, reason, failed }: SpanFacts): string | null {
  if (status !== null && status >= 500) return reason ?? String(status);
  return failed ? reason ?? "incomplete" : null;
}

function text(key: string, value: string | null) {
  if (value === null || value === "") return null;
  return { key, value: { stringValue: safeText(value.slice(0, MAX_TEXT)) } };
}

function number(key: string, value: number | null) {
  return value === null ? null : { key, value: { intValue: String(value) } };
}
