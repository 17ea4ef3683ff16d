// The HELP text of each metric. The unit of times and sizes is in the name. Where several workers are not
// added up, the text says how they become one.

const TEXTS: Readonly<Record<string, string>> = {
  "accept_queue.backpressure": "1 while a worker has reached max_connections",
  "accept_queue.connections": "Accepted connections that wait to be served",
  "accept_queue.saturated_seconds": "Seconds during which max_connections was reached",
  "accept_queue.timeout": "Accepted connections closed because they waited too long to be served",
  "access_logs.count": "Requests and connections that are worth an access log line",
  "back_bytes_in": "Bytes read from backends",
  "back_bytes_out": "Bytes written to backends",
  "backend.available": "1 when every worker can use the backend, 0 when one cannot",
  "backend.connect.retries_exhausted":
    "Requests and connections given up after all attempts to connect",
  "backend.connections": "Connections to backends that are open now",
  "backend.connections.error": "Attempts to connect to a backend that failed",
  "backend.down": "Times a backend was found to be down",
  "backend.flow_control.paused":
    "Times a stream to a backend waited because the backend took no more",
  "backend.pool.hit": "Requests sent over a pooled connection",
  "backend.pool.miss": "Connections opened to backends",
  "backend.retry.stale_upstream":
    "Requests sent again because their pooled connection had been closed by the backend",
  "backend.pool.size": "Connections to backends that are open now, in use or waiting in the pool",
  "backend.shard.exhausted": "Choices of a backend that a strict shard had none for",
  "backend.shard.spillover": "Choices of a backend outside of the shard of the client",
  "backend.up": "Times a backend came up again",
  "backend_connection_time": "Time to open a connection to a backend",
  "backend_header_time":
    "Time from the connection to the backend to the head of its final response",
  "backend_response_time": "Time from sending a request to the end of the response",
  "backends.fail_open": "Choices among backends of which none is healthy",
  "buffer.capacity": "Response buffers there may be (max_buffers)",
  "buffer.exhausted": "Requests answered 503 because max_buffers are in use",
  "buffer.in_use": "Response buffers in use now",
  "bytes_in": "Bytes read from clients; of a cluster or backend, bytes read from it",
  "bytes_out": "Bytes written to clients; of a cluster or backend, bytes written to it",
  "client.aborts": "Clients that left while their request was being served",
  "client.connect.per_source":
    "Client connections by the network they come from, a /24 or /48, in one of 256 buckets",
  "client.connections": "Client connections that are open now",
  "client.connections_max": "Client connections there may be (max_connections of all workers)",
  "cluster.available_backends":
    "Backends of the cluster that can be used, as the worker sees it that can use the fewest",
  "cluster.available_recovered": "Times a cluster had an available backend again",
  "cluster.no_available_backends": "Times a cluster was found without an available backend",
  "cluster.total_backends": "Backends of the cluster",
  "config.load_h2_knob_clamped":
    "HTTP/2 settings of saved states that were raised to the least that may be set",
  "config.load_skipped_invalid":
    "Records of saved states that were left out because they cannot be served",
  "configuration.backends": "Backends in the configuration",
  "configuration.clusters": "Clusters in the configuration",
  "configuration.frontends": "Frontends in the configuration",
  "connections.rejected_per_cluster_ip":
    "Requests and connections refused because their client address has too many to the cluster",
  "connections_per_backend": "Connections to the backends that are open now",
  "event_loop_time": "How much too late the event loop of a worker got to what was due",
  "h1.backend_eof_before_message_complete": "Responses whose backend closed before their end",
  "h2.bodiless_response_data_reset":
    "Responses of HTTP/2 backends that had a body where there is none",
  "h2.close_with_active_streams":
    "HTTP/2 connections of clients that ended while streams were open",
  "h2.coalescing.accepted":
    "Requests for another name than the HTTP/2 connection was made for, which its certificate covers",
  "h2.connection.active_streams": "Streams of HTTP/2 that are open now",
  "h2.connection.pending_window_updates": "Streams of HTTP/2 whose peer is to be told of more room",
  "h2.connection.window_bytes": "Bytes that the peers of HTTP/2 connections take now",
  "h2.flood.stream_refused":
    "Streams refused because their client resets too many before they are answered",
  "h2.flow_control_stall": "Times a stream of HTTP/2 waited because its peer took no more",
  "h2.headers.rejected.budget_overrun": "Heads that were too large to be sent with HTTP/2",
  "h2.headers.rejected.total": "Heads of HTTP/2 that were malformed",
  "h2.rst_stream.received.pre_response_start":
    "Streams that clients reset before they were answered",
  "h2.streams.ready_incremental.by_urgency":
    "Incremental streams of HTTP/2 that have something to send now",
  "h2.streams.reaped.idle_timeout": "Streams ended because nothing happened on them",
  "h2.streams.reaped.stall_budget":
    "Streams ended because their peer took only a little now and then",
  "h2.streams.reaped.window_stall": "Streams ended because their peer took nothing",
  "h2.trailer.forbidden_field_elided":
    "Fields left out of HTTP/2 trailers because they may not be there",
  "h2.trailer.spoof_vector_elided":
    "Fields left out of HTTP/2 trailers because they would be trusted",
  "h2.trailers_dropped_content_length":
    "Trailers not sent to an HTTP/1.1 peer because the body has a length",
  "h2.trailers_dropped_no_body":
    "Trailers not sent to an HTTP/1.1 client because the response has no body",
  "health_check.down": "Times a backend became unhealthy by its probes",
  "health_check.failure": "Health probes that were not answered as expected",
  "health_check.healthy_backends":
    "Backends of the cluster that are healthy by their probes, as the worker sees it that finds the fewest",
  "health_check.missing_secret":
    "Health probes that were due and not sent, because the values of their headers are not held",
  "health_check.success": "Health probes that were answered as expected",
  "health_check.up": "Times a backend became healthy by its probes",
  "http.active_requests": "Requests being served now",
  "http.alpn.h2": "TLS connections that negotiated HTTP/2",
  "http.alpn.http11": "TLS connections that negotiated HTTP/1.1",
  "http.backend_parse_errors": "Responses of backends that were malformed",
  "http.default_answers": "Responses the proxy made itself",
  "http.e2e.h2": "Responses that HTTP/2 clients have all of",
  "http.e2e.http11": "Responses that HTTP/1.1 clients have all of",
  "http.errors":
    "Requests that ended with an error of the backend, of the connection to it, or of their own stream",
  "http.failed_backend_matching": "Requests for which there is no route",
  "http.close.request_incomplete":
    "Answers that were complete before their request was; the connection is closed after them",
  "http.forwarded_malformed_elided":
    "Lines of Forwarded that clients sent and that were dropped because they are malformed",
  "http.frontend_parse_errors": "Requests answered with an error because their syntax was wrong",
  "http.hsts.listener_default_patched": "Changes of the HSTS policy of HTTPS listeners",
  "http.invalid_rewrites":
    "Requests answered 400 because the rewritten host or path is none that can be sent",
  "http.other.errors": "Errors the proxy answered with a status that has no count of its own",
  "http.requests": "Requests whose head was complete and valid",
  "http.retries": "Requests sent again on another connection",
  "http.sni_authority_mismatch":
    "Requests for an authority that the certificate of their connection does not cover",
  "http.status.none": "Requests that got no response",
  "http.status.other": "Responses with a status outside 100 to 599",
  "http.timeouts": "Requests and connections ended by a timeout",
  "http.trusting.x_port": "Requests that came with X-Forwarded-Port",
  "http.trusting.x_port.diff": "Requests whose X-Forwarded-Port is not the port of the listener",
  "http.trusting.x_proto": "Requests that came with X-Forwarded-Proto",
  "http.trusting.x_proto.diff": "Requests whose X-Forwarded-Proto is not the listener's protocol",
  "http.upgrade.expect.failed":
    "Connections to HTTP listeners closed because their PROXY header is missing or wrong",
  "http.upgrades": "Connections that became tunnels behind a 101 response",
  "http.upgrades_unasked": "Responses 101 that nobody had asked for, answered 502",
  "http.x_request_id.generated": "Requests sent on with an X-Request-Id made here",
  "http.x_request_id.propagated": "Requests sent on with the X-Request-Id they came with",
  "https.alpn.rejected.http11_disabled":
    "TLS connections closed because they want HTTP/1.1, which their listener refuses",
  "https.alpn.rejected.unsupported":
    "TLS connections closed because they want no protocol that their listener has",
  "https.upgrade.expect.failed":
    "Connections to HTTPS listeners closed because their PROXY header is missing or wrong",
  "https.upgrade.handshake.failed": "Connections to HTTPS listeners closed in their TLS handshake",
  "listener.accepted.total": "Client connections accepted",
  "listener.connection_capped": "Client connections refused at max_connections",
  "log.lost_lines": "Log lines that were lost because their target does not take them",
  "otlp.spans.dropped": "Spans that were lost because the collector does not take them",
  "otlp.spans.sent": "Spans the collector has taken",
  "panic": "Errors in the main process that nobody expected",
  "pipe.errors": "Tunnels and TCP connections that did not end well",
  "process.uptime_seconds": "Age of the youngest worker",
  "protocol.proxy.expect": "Client connections whose PROXY header is awaited now",
  "protocol.tcp": "TCP connections whose bytes are being passed on now",
  "protocol.tls.handshake": "TLS handshakes under way now",
  "proxy_protocol.errors": "Connections closed because of their PROXY header",
  "request_time": "Time from the first byte of a request to the end of its response",
  "requests": "Requests and TCP connections sent to backends",
  "rustls.read.reset": "TLS connections whose client reset them, noticed by a read",
  "http.frontend.content_length_invalid": "Requests refused for their Content-Length",
  "http.frontend.transfer_encoding_smuggling": "Requests refused for their Transfer-Encoding",
  "http.trailer.field_limit_exceeded": "Requests whose trailers were larger than the limit",
  "rustls.write.reset": "TLS connections whose client reset them, noticed by a write",
  "server.live": "Workers that accept connections",
  "service_time": "Time spent on a request without waiting for its backend",
  "session.internal_errors": "Connections ended by a defect of the proxy",
  "sessions.evicted": "Client connections closed to make room for new ones",
  "slab.capacity": "Connections to clients and backends there is room for",
  "slab.entries": "Connections to clients and backends that are open now",
  "tcp.read.reset": "Connections that their peer reset, noticed by a read",
  "tcp.requests": "TCP connections begun",
  "tcp.sni_preread.active": "TCP connections whose TLS ClientHello is awaited now",
  "tcp.sni_preread.duration":
    "Time until a TLS ClientHello told where a TCP connection goes, or never will",
  "tcp.sni_preread.rejected.alpn_unmatched":
    "TCP connections closed: no route for the protocols offered",
  "tcp.sni_preread.rejected.ech_outer_absent":
    "TCP connections closed: the server name is encrypted",
  "tcp.sni_preread.rejected.fragmented":
    "TCP connections closed: the ClientHello was not complete in time",
  "tcp.sni_preread.rejected.front_closed":
    "TCP connections whose client left within the ClientHello",
  "tcp.sni_preread.rejected.malformed_handshake":
    "TCP connections closed: the ClientHello is malformed",
  "tcp.sni_preread.rejected.malformed_record": "TCP connections closed: a TLS record is malformed",
  "tcp.sni_preread.rejected.no_sni": "TCP connections closed: the client names no server",
  "tcp.sni_preread.rejected.not_tls": "TCP connections closed: they do not begin with TLS",
  "tcp.sni_preread.rejected.proxy_header_invalid":
    "TCP connections closed: the PROXY header is wrong",
  "tcp.sni_preread.rejected.sni_unmatched": "TCP connections closed: no route for the server name",
  "tcp.sni_preread.rejected.too_large": "TCP connections closed: the ClientHello is too large",
  "tcp.sni_preread.routed": "TCP connections whose TLS ClientHello told where they go",
  "tcp.write.reset": "Connections that their peer reset, noticed by a write",
  "tls.cert.min_expires_at_seconds":
    "When the first certificate in use expires, seconds since 1970",
  "tls.default_cert_used": "TLS handshakes that were shown the default certificate",
  "tls.handshake.resumed": "TLS handshakes that continued an earlier session",
  "tls.handshake_ms": "Time of TLS handshakes that succeeded",
  "unsent-access-logs": "Access log records that were lost because their target does not take them",
  "websocket.active_requests": "Tunnels behind a 101 response that are open now",
  "workers.crashed": "Workers that ended by a signal or an error",
  "workers.exited": "Workers that ended without having been asked to",
  "workers.hung": "Workers that were ended because they did not answer any more",
  "workers.refused": "Workers that were ended because they do not fit to the main process",
  "workers.relaunched": "Workers started in the place of others that had ended",
  "workers.running": "Workers that run now",
  "workers.unanswered": "Workers that did not answer in time for this page",
  "zombies": "Connections closed because nothing had happened in them for zombie_check_interval",
};

/** Texts of names that differ in their last word, for which `{}` stands. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ["config.", "Rows of the audit log about {}: one when it is asked for, one when it is done"],
  ["h2.flood.violation.", "HTTP/2 connections ended because of too much: {}"],
  ["h2.frames.rx.", "HTTP/2 frames received: {}"],
  ["h2.frames.tx.", "HTTP/2 frames sent: {}"],
  ["h2.goaway.received.", "HTTP/2 connections that the peer ended: {}"],
  ["h2.goaway.sent.", "HTTP/2 connections the proxy ended: {}"],
  ["h2.headers.rejected.", "Heads of HTTP/2 that were malformed: {}"],
  ["h2.rst_stream.received.", "HTTP/2 streams that the peer reset: {}"],
  ["h2.rst_stream.sent.", "HTTP/2 streams the proxy reset: {}"],
  ["http.status.", "Responses with status {}"],
  ["listener.accepted.", "Client connections accepted by {} listeners"],
  ["protocol.", "Client connections that speak {} now"],
  ["tls.handshake.failed.", "TLS handshakes that failed: {}"],
  ["tls.cipher.", "TLS handshakes that negotiated {}"],
  ["tls.version.", "TLS handshakes that negotiated {}"],
];

const ENDINGS: readonly (readonly [string, string])[] = [
  [".redirection", "Redirects the proxy answered with status {}"],
  [".errors", "Errors the proxy answered with status {}"],
];

/** The HELP text of the metric with this name. */
export function helpFor(name: string): string {
  return TEXTS[name] ?? fromBeginning(name) ?? fromEnding(name) ?? `Measurement ${name} of sozu`;
}

function fromBeginning(name: string): string | null {
  const found = BEGINNINGS.find(([beginning]) => name.startsWith(beginning));
  return found === undefined ? null : found[1].replace("{}", () => name.slice(found[0].length));
}

function fromEnding(name: string): string | null {
  const found = ENDINGS.find(([ending]) => name.endsWith(ending));
  if (found === undefined) return null;
  const status = name.slice(0, -found[0].length).replace(/^http\./, "");
  return found[1].replace("{}", () => status);
}
