// HAProxy as a contender: one thread, backend connections shared by all clients.

import type { Contender, ProxyPlace } from "./contender.ts";

/** How HAProxy is run. */
export interface HaproxyOptions {
  /** Whether a master renews the worker on USR2, and hands its sockets on. */
  readonly masterWorker?: boolean;
}

/** HAProxy as a reverse proxy, run from the program at `path`. */
export function haproxyProxy(
  path: string,
  { masterWorker = false }: HaproxyOptions = {},
): Contender {
  return {
    name: "haproxy",
    command(place) {
      const socket = masterWorker
        ? `stats socket ${place.path("haproxy.sock")} mode 600 expose-fd listeners`
        : "";
      const config = place.write("haproxy.cfg", proxyConfig(place, socket));
      return { name: "haproxy", command: path, args: [masterWorker ? "-W" : "-db", "-f", config] };
    },
  };
}

/** In clear HAProxy tells HTTP/2 by its preface. */
function tlsOptions({ tls, h2 }: ProxyPlace): string {
  const protocols = h2 === true ? "h2,http/1.1" : "http/1.1";
  return tls === undefined ? "" : ` ssl crt ${tls.combined} ssl-min-ver TLSv1.2 alpn ${protocols}`;
}

function proxyConfig(place: ProxyPlace, socket: string): string {
  return `global
  nbthread 1
  maxconn 9000
  ${socket}

defaults
  mode http
  no log
  timeout connect 3s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
  timeout http-request 10s
  option http-keep-alive
  http-reuse always
  unique-id-format %[uuid()]

frontend web
  bind 127.0.0.1:${place.port} backlog 4096${tlsOptions(place)}
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header Forwarded "proto=http;for=\\"%[src]:%[src_port]\\";by=%[dst]"
  http-request set-header X-Request-Id %[unique-id]
  http-request set-header Sozu-Id %[unique-id]
  http-response set-header Sozu-Id %[unique-id]
  default_backend pool

backend pool
  server one 127.0.0.1:${place.backendPort}
`;
}
