// What each measurement means, for people who look at it in Prometheus. Families of names that differ in
// their last word share one text.

const TEXTS: Readonly<Record<string, string>> = {
  "accept_queue.backpressure": "1 while max_connections is reached, per worker",
  "accept_queue.connections": "Accepted connections that wait to be served",
  "accept_queue.saturated_seconds": "Seconds during which max_connections was reached",
  "accept_queue.timeout": "Accepted connections that waited too long to be served",
  "access_logs.count": "Requests and connections that are worth an access log line",
  "back_bytes_in": "Bytes read from backends",
  "back_bytes_out": "Bytes written to backends",
  "backend.available": "1 when the backend can be used, per worker",
  "backend.connections": "Connections to backends",
  "backend.connections.error": "Connections to a backend that could not be made",
  "backend.down": "Times a backend was found to be down",
  "backend.up": "Times a backend came up again",
  "backend.pool.hit": "Requests sent over a pooled connection",
  "backend.pool.miss": "Connections opened to backends",
  "backend_connection_time": "Time to open a connection to a backend",
  "backend_response_time": "Time from sending a request to the end of the response",
  "backends.fail_open": "Choices among backends of which none is healthy",
  "bytes_in": "Bytes read from clients; of a cluster or backend, bytes read from it",
  "bytes_out": "Bytes written to clients; of a cluster or backend, bytes written to it",
  "client.connections": "Client connections",
  "client.connections_max": "Client connections there may be",
  "cluster.available_backends": "Backends of the cluster that can be used, over all workers",
  "cluster.total_backends": "Backends of the cluster, over all workers",
  "configuration.backends": "Backends in the configuration",
  "configuration.clusters": "Clusters in the configuration",
  "configuration.frontends": "Frontends in the configuration",
  "connections_per_backend": "Connections to the backends",
  "health_check.failure": "Health probes that were not answered as expected",
  "health_check.healthy_backends": "Backends found healthy by their probes, over all workers",
  "health_check.success": "Health probes that were answered as expected",
  "http.active_requests": "Requests being served",
  "http.errors": "Requests that ended with an error of the backend or the connection",
  "http.requests": "Requests whose head was complete and valid",
  "listener.accepted.total": "Client connections accepted",
  "listener.connection_capped": "Client connections refused at max_connections",
  "process.uptime_seconds": "Age of the youngest worker",
  "request_time": "Time from the first byte of a request to the end of its response",
  "requests": "Requests sent to backends",
  "server.live": "Workers that accept connections",
  "service_time": "Time spent on a request without waiting for its backend",
  "tls.cert.min_expires_at_seconds":
    "When the first certificate in use expires, seconds since 1970",
  "event_loop_time": "How much too late the event loop of a worker got to what was due",
  "tls.handshake_ms": "Time of TLS handshakes that succeeded",
  "sessions.evicted": "Client connections closed to make room for new ones",
};

const BEGINNINGS: readonly (readonly [string, string])[] = [
  ["client.connect.per_source.", "Connections from one of 256 groups of networks"],
  ["config.", "Audited steps of changes of this kind"],
  ["http.status.", "Responses with this status or class of status"],
  ["listener.accepted.", "Client connections accepted by listeners of this kind"],
  ["protocol.", "Client connections that are in this protocol or phase"],
  ["tls.handshake.failed.", "TLS handshakes that failed for this reason"],
  ["tls.", "What was negotiated in TLS handshakes"],
  ["workers.", "Lives of workers"],
];

const ENDINGS: readonly (readonly [string, string])[] = [
  [".redirection", "Redirects the proxy answered with"],
  [".errors", "Errors the proxy answered with"],
];

/** A sentence about the measurement with this name. */
export function helpFor(name: string): string {
  return TEXTS[name] ?? BEGINNINGS.find(([beginning]) => name.startsWith(beginning))?.[1] ??
    ENDINGS.find(([ending]) => name.endsWith(ending))?.[1] ?? `Measurement ${name} of sozu`;
}
