// The counters and gauges of a whole worker; clusters and backends have series. They are in one Float64Array, so
// counting is one addition and never allocates. Each position has its meaning in one line.

import { DEFAULT_CIPHERS } from "../../../config/defaults.ts";
import { bucketName, SOURCE_BUCKETS, sourceBucket } from "./source_bucket.ts";
import { HELLO_REJECTIONS, type HelloRejection } from "./preread_metrics.ts";
import { HANDSHAKE_FAILURES, type HandshakeFailure, TLS_VERSIONS } from "./tls_metrics.ts";

/** Positions in {@link Counters.values}, in order and without gaps but for blocks. */
export const Counter = {
  /** Client connections accepted. */
  ACCEPTED: 0,
  /** Client connections refused at `max_connections`. */
  REFUSED: 1,
  /** Client connections open now. */
  CLIENT_CONNECTIONS: 2,
  /** Requests whose head was complete and valid. */
  REQUESTS: 3,
  /** Requests answered with an error because their syntax was wrong. */
  BAD_REQUESTS: 4,
  /** Answers this proxy made itself. */
  DEFAULT_ANSWERS: 5,
  /** Bytes read from and written to clients. */
  BYTES_IN: 6,
  BYTES_OUT: 7,
  /** Backend connections opened and reused. */
  BACKEND_CONNECTED: 8,
  BACKEND_REUSED: 9,
  /** Exchanges tried again on another connection. */
  RETRIES: 10,
  /** Deadlines that ended a session or an exchange. */
  TIMEOUTS: 11,
  /** Connections turned into raw tunnels by 101, or by 2xx to CONNECT. */
  UPGRADES: 12,
  /** Backends that answered 101 with a protocol the client had not asked for. */
  UNASKED_UPGRADES: 13,
  /** Clients that left while their request was being served. */
  CLIENT_ABORTS: 14,
  /** Exceptions that ended one session: always a defect of ours. */
  INTERNAL_ERRORS: 15,
  /** Bytes written to backends. */
  BACKEND_BYTES_OUT: 16,
  /** TCP connections refused because their client address has too many of them. */
  CLIENT_LIMITED: 17,
  /** Client connections closed to make room for new ones. */
  EVICTED: 18,
  /** Health probes that were answered as expected, and those that were not. */
  HEALTH_SUCCESS: 19,
  HEALTH_FAILURE: 20,
  /** Backends that became healthy, and unhealthy, by their probes. */
  HEALTH_UP: 21,
  HEALTH_DOWN: 22,
  /** Responses that HTTP/1.1 clients have all of. */
  E2E_HTTP11: 23,
  /** Responses that were malformed, and those that ended too early. */
  BACKEND_PARSE_ERRORS: 24,
  BACKEND_EOF: 25,
  /** Requests for which there is no route. */
  NO_ROUTE: 26,
  /** Requests being served right now. */
  ACTIVE_REQUESTS: 27,
  /** Bytes read from backends. */
  BACKEND_BYTES_IN: 28,
  /** Requests that came with X-Forwarded-Proto, and those where it was another; -Port likewise. */
  TRUSTING_PROTO: 29,
  TRUSTING_PROTO_DIFF: 30,
  TRUSTING_PORT: 31,
  TRUSTING_PORT_DIFF: 32,
  /** Requests sent on with the X-Request-Id they came with, and with one of ours. */
  REQUEST_ID_PROPAGATED: 33,
  REQUEST_ID_GENERATED: 34,
  /** Client connections that speak HTTP now, and tunnels behind a 101. */
  PROTOCOL_HTTP: 35,
  PROTOCOL_HTTPS: 36,
  PROTOCOL_WS: 37,
  PROTOCOL_WSS: 38,
  /** Tunnels that did not end well. */
  PIPE_ERRORS: 39,
  /** Accepted connections that wait to be served, and those that waited too long. */
  ACCEPT_QUEUE: 40,
  ACCEPT_QUEUE_TIMEOUT: 41,
  /** 1 from the moment `max_connections` is reached until a tenth of the places is free. */
  BACKPRESSURE: 42,
  /** Seconds of that. */
  SATURATED_SECONDS: 43,
  /** Requests answered 503 because `max_buffers` are in use. */
  NO_BUFFER: 44,
  /** Choices among backends of which none is healthy. */
  FAIL_OPEN: 45,
  /** TCP sessions begun. */
  TCP_SESSIONS: 46,
  /** TCP sessions whose bytes are being passed on right now. */
  TCP_TUNNELS: 47,
  /** Connections whose PROXY header is awaited right now. */
  PROXY_EXPECTING: 48,
  /** Connections closed because of their PROXY header. */
  PROXY_ERRORS: 49,
  /** Connections whose TLS ClientHello told which service they want. */
  HELLO_ROUTED: 50,
  /** Clients of HTTP and of HTTPS closed because their PROXY header names no addresses. */
  HTTP_EXPECT_FAILED: 51,
  HTTPS_EXPECT_FAILED: 52,
  /** Access log records, and log lines, that were lost. */
  UNSENT_ACCESS_LOGS: 53,
  LOST_LOG_LINES: 54,
  /** Spans a collector has taken, and spans that were lost. */
  SPANS_SENT: 55,
  SPANS_DROPPED: 56,
  /** TLS handshakes under way. */
  TLS_HANDSHAKING: 57,
  /** Handshakes that continued an earlier session. */
  TLS_RESUMED: 58,
  /** Handshakes that were shown the default certificate. */
  TLS_DEFAULT_CERTIFICATE: 59,
  /** Unix time in seconds at which the first of the certificates expires. */
  TLS_MIN_EXPIRY: 60,
  /** Connections by negotiated protocol, and those refused because of it. */
  ALPN_HTTP11: 61,
  ALPN_HTTP11_DISABLED: 62,
  ALPN_UNSUPPORTED: 63,
  HTTPS_UPGRADE_FAILED: 64,
  /** Requests for an authority that the certificate of their connection does not cover. */
  AUTHORITY_MISMATCH: 65,
  /** Requests whose captures render no valid host or path. */
  INVALID_REWRITES: 66,
  /** First of twelve: handshakes that failed, by {@link HANDSHAKE_FAILURES}. */
  TLS_FAILED: 67,
  /** First of three: handshakes by {@link TLS_VERSIONS}, then unknown ones. */
  TLS_VERSION: 79,
  /** First of ten: handshakes by {@linkcode DEFAULT_CIPHERS}, then unsupported ones. */
  TLS_CIPHER: 82,
  /** Sessions closed because nothing had happened in them for `zombie_check_interval`. */
  ZOMBIES: 92,
  /** Client connections accepted, by the kind of their listener. */
  ACCEPTED_HTTP: 93,
  ACCEPTED_HTTPS: 94,
  ACCEPTED_TCP: 95,
  /** Changes of the HSTS policy of HTTPS listeners. */
  HSTS_LISTENER_PATCHED: 96,
  /** Connections that speak HTTP/2, and responses that their clients have all of. */
  ALPN_H2: 97,
  E2E_H2: 98,
  /** Health probes that were due and not sent, because the values of their headers are not held. */
  HEALTH_MISSING_SECRET: 99,
  /** Lines of Forwarded that clients sent and that were dropped because they are no list. */
  FORWARDED_MALFORMED: 100,
  /** Connections whose TLS ClientHello is awaited right now. */
  HELLO_AWAITED: 101,
  /** First of eleven: connections closed before they had a service, by {@link HELLO_REJECTIONS}. */
  HELLO_REJECTED: 102,
  /** Connections that their peer has reset, by where that was noticed: plain ones, and clients inside TLS. */
  TCP_READ_RESET: 113,
  TCP_WRITE_RESET: 114,
  TLS_READ_RESET: 115,
  TLS_WRITE_RESET: 116,
  /** Requests refused for their Transfer-Encoding, and for their Content-Length: the means of smuggling. */
  REQUEST_ENCODING: 117,
  REQUEST_LENGTH: 118,
  /** Requests whose trailers were larger than the limit. */
  TRAILERS_TOO_LARGE: 119,
  /** Answers that were complete before the request was: the connections are closed after them. */
  REQUEST_INCOMPLETE: 120,
} as const;

const NAMES: readonly [string, number][] = [
  ["listener.accepted.total", Counter.ACCEPTED],
  ["listener.connection_capped", Counter.REFUSED],
  ["client.connections", Counter.CLIENT_CONNECTIONS],
  ["http.requests", Counter.REQUESTS],
  ["http.frontend_parse_errors", Counter.BAD_REQUESTS],
  ["http.default_answers", Counter.DEFAULT_ANSWERS],
  ["bytes_in", Counter.BYTES_IN],
  ["bytes_out", Counter.BYTES_OUT],
  ["backend.pool.miss", Counter.BACKEND_CONNECTED],
  ["backend.pool.hit", Counter.BACKEND_REUSED],
  ["http.retries", Counter.RETRIES],
  ["http.timeouts", Counter.TIMEOUTS],
  ["http.upgrades", Counter.UPGRADES],
  ["http.upgrades_unasked", Counter.UNASKED_UPGRADES],
  ["client.aborts", Counter.CLIENT_ABORTS],
  ["session.internal_errors", Counter.INTERNAL_ERRORS],
  ["back_bytes_out", Counter.BACKEND_BYTES_OUT],
  ["connections.rejected_per_cluster_ip", Counter.CLIENT_LIMITED],
  ["sessions.evicted", Counter.EVICTED],
  ["health_check.success", Counter.HEALTH_SUCCESS],
  ["health_check.failure", Counter.HEALTH_FAILURE],
  ["health_check.missing_secret", Counter.HEALTH_MISSING_SECRET],
  ["health_check.up", Counter.HEALTH_UP],
  ["health_check.down", Counter.HEALTH_DOWN],
  ["http.e2e.http11", Counter.E2E_HTTP11],
  ["http.backend_parse_errors", Counter.BACKEND_PARSE_ERRORS],
  ["h1.backend_eof_before_message_complete", Counter.BACKEND_EOF],
  ["http.failed_backend_matching", Counter.NO_ROUTE],
  ["http.active_requests", Counter.ACTIVE_REQUESTS],
  ["back_bytes_in", Counter.BACKEND_BYTES_IN],
  ["http.trusting.x_proto", Counter.TRUSTING_PROTO],
  ["http.trusting.x_proto.diff", Counter.TRUSTING_PROTO_DIFF],
  ["http.trusting.x_port", Counter.TRUSTING_PORT],
  ["http.trusting.x_port.diff", Counter.TRUSTING_PORT_DIFF],
  ["http.x_request_id.propagated", Counter.REQUEST_ID_PROPAGATED],
  ["http.x_request_id.generated", Counter.REQUEST_ID_GENERATED],
  ["protocol.http", Counter.PROTOCOL_HTTP],
  ["protocol.https", Counter.PROTOCOL_HTTPS],
  ["protocol.ws", Counter.PROTOCOL_WS],
  ["protocol.wss", Counter.PROTOCOL_WSS],
  ["pipe.errors", Counter.PIPE_ERRORS],
  ["accept_queue.connections", Counter.ACCEPT_QUEUE],
  ["accept_queue.timeout", Counter.ACCEPT_QUEUE_TIMEOUT],
  ["accept_queue.backpressure", Counter.BACKPRESSURE],
  ["accept_queue.saturated_seconds", Counter.SATURATED_SECONDS],
  ["buffer.exhausted", Counter.NO_BUFFER],
  ["backends.fail_open", Counter.FAIL_OPEN],
  ["tcp.requests", Counter.TCP_SESSIONS],
  ["protocol.tcp", Counter.TCP_TUNNELS],
  ["protocol.proxy.expect", Counter.PROXY_EXPECTING],
  ["proxy_protocol.errors", Counter.PROXY_ERRORS],
  ["tcp.sni_preread.routed", Counter.HELLO_ROUTED],
  ["http.upgrade.expect.failed", Counter.HTTP_EXPECT_FAILED],
  ["https.upgrade.expect.failed", Counter.HTTPS_EXPECT_FAILED],
  ["unsent-access-logs", Counter.UNSENT_ACCESS_LOGS],
  ["log.lost_lines", Counter.LOST_LOG_LINES],
  ["otlp.spans.sent", Counter.SPANS_SENT],
  ["otlp.spans.dropped", Counter.SPANS_DROPPED],
  ["protocol.tls.handshake", Counter.TLS_HANDSHAKING],
  ["tls.handshake.resumed", Counter.TLS_RESUMED],
  ["tls.default_cert_used", Counter.TLS_DEFAULT_CERTIFICATE],
  ["tls.cert.min_expires_at_seconds", Counter.TLS_MIN_EXPIRY],
  ["http.alpn.http11", Counter.ALPN_HTTP11],
  ["https.alpn.rejected.http11_disabled", Counter.ALPN_HTTP11_DISABLED],
  ["https.alpn.rejected.unsupported", Counter.ALPN_UNSUPPORTED],
  ["https.upgrade.handshake.failed", Counter.HTTPS_UPGRADE_FAILED],
  ["http.sni_authority_mismatch", Counter.AUTHORITY_MISMATCH],
  ["http.invalid_rewrites", Counter.INVALID_REWRITES],
  ...HANDSHAKE_FAILURES.map(block("tls.handshake.failed.", Counter.TLS_FAILED)),
  ...[...TLS_VERSIONS, "Unknown"].map(block("tls.version.", Counter.TLS_VERSION)),
  ...[...DEFAULT_CIPHERS, "Unsupported"].map(block("tls.cipher.", Counter.TLS_CIPHER)),
  ["zombies", Counter.ZOMBIES],
  ["listener.accepted.http", Counter.ACCEPTED_HTTP],
  ["listener.accepted.https", Counter.ACCEPTED_HTTPS],
  ["listener.accepted.tcp", Counter.ACCEPTED_TCP],
  ["http.hsts.listener_default_patched", Counter.HSTS_LISTENER_PATCHED],
  ["http.alpn.h2", Counter.ALPN_H2],
  ["http.e2e.h2", Counter.E2E_H2],
  ["http.forwarded_malformed_elided", Counter.FORWARDED_MALFORMED],
  ["tcp.sni_preread.active", Counter.HELLO_AWAITED],
  ...HELLO_REJECTIONS.map(block("tcp.sni_preread.rejected.", Counter.HELLO_REJECTED)),
  ["tcp.read.reset", Counter.TCP_READ_RESET],
  ["tcp.write.reset", Counter.TCP_WRITE_RESET],
  ["rustls.read.reset", Counter.TLS_READ_RESET],
  ["rustls.write.reset", Counter.TLS_WRITE_RESET],
  ["http.frontend.transfer_encoding_smuggling", Counter.REQUEST_ENCODING],
  ["http.frontend.content_length_invalid", Counter.REQUEST_LENGTH],
  ["http.trailer.field_limit_exceeded", Counter.TRAILERS_TOO_LARGE],
  ["http.close.request_incomplete", Counter.REQUEST_INCOMPLETE],
];

/** The name of one counter of a block; a dot would begin another part of the name. */
function block(prefix: string, first: number): (name: string, index: number) => [string, number] {
  return (name, index) => [prefix + name.replaceAll(".", "_"), first + index];
}

/** The gauges; everything else is a counter. */
const GAUGES: ReadonlySet<number> = new Set<number>([
  Counter.CLIENT_CONNECTIONS,
  Counter.ACCEPT_QUEUE,
  Counter.BACKPRESSURE,
  Counter.TCP_TUNNELS,
  Counter.PROXY_EXPECTING,
  Counter.TLS_HANDSHAKING,
  Counter.TLS_MIN_EXPIRY,
  Counter.ACTIVE_REQUESTS,
  Counter.PROTOCOL_HTTP,
  Counter.PROTOCOL_HTTPS,
  Counter.PROTOCOL_WS,
  Counter.PROTOCOL_WSS,
  Counter.HELLO_AWAITED,
]);

/** One metric at one moment. */
export interface Metric {
  readonly name: string;
  readonly value: number;
  /** Whether it is a gauge; otherwise it is a counter. */
  readonly gauge: boolean;
}

/** The counters of one worker. */
export class Counters {
  readonly values = new Float64Array(Math.max(...Object.values(Counter)) + 1);
  readonly #sources = new Float64Array(SOURCE_BUCKETS);

  add(counter: number, amount: number): void {
    this.values[counter] = (this.values[counter] as number) + amount;
  }

  /** Counts a client connection by the network it comes from. */
  addSource(ip: string): void {
    const bucket = sourceBucket(ip);
    this.#sources[bucket] = (this.#sources[bucket] as number) + 1;
  }

  /** Sets every counter to zero; gauges stay, because what they describe still exists. */
  clear(): void {
    for (let i = 0; i < this.values.length; i++) if (!GAUGES.has(i)) this.values[i] = 0;
    this.#sources.fill(0);
  }

  /** Counts a TLS handshake that succeeded; `null` where Deno does not provide it. */
  addHandshake(version: string | null, cipher: string | null, resumed: boolean): void {
    this.add(Counter.TLS_VERSION + placeIn(TLS_VERSIONS, version), 1);
    this.add(Counter.TLS_CIPHER + placeIn(DEFAULT_CIPHERS, cipher), 1);
    if (resumed) this.add(Counter.TLS_RESUMED, 1);
  }

  addHandshakeFailure(failure: HandshakeFailure): void {
    this.add(Counter.TLS_FAILED + placeIn(HANDSHAKE_FAILURES, failure), 1);
  }

  addHelloRejection(rejection: HelloRejection): void {
    this.add(Counter.HELLO_REJECTED + HELLO_REJECTIONS.indexOf(rejection), 1);
  }

  /** Sets a gauge. */
  set(counter: number, value: number): void {
    this.values[counter] = value;
  }

  get(counter: number): number {
    return this.values[counter] as number;
  }

  /** Every counter under its metric name; of the networks of clients those that have any. */
  entries(): Metric[] {
    const metrics = NAMES.map(([name, counter]) => ({
      name,
      value: this.get(counter),
      gauge: GAUGES.has(counter),
    }));
    this.#sources.forEach((value, bucket) => {
      if (value > 0) metrics.push({ name: bucketName(bucket), value, gauge: false });
    });
    return metrics;
  }
}

/** The place of `name` in a block, or the one behind its names. */
function placeIn(names: readonly string[], name: string | null): number {
  const index = name === null ? -1 : names.indexOf(name);
  return index < 0 ? names.length : index;
}
