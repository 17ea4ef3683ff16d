// nginx as a contender: one worker, pooled keep-alive connections to the backend.

import type { Contender, ProxyPlace } from "./contender.ts";
import { nginxUser, temporaryPaths } from "./nginx_backend.ts";

/** nginx as a reverse proxy, run from the program at `path`. */
export function nginxProxy(path: string): Contender {
  return {
    name: "nginx",
    command(place) {
      const config = place.write("nginx.conf", proxyConfig(place));
      return { name: "nginx", command: path, args: ["-c", config, "-e", "stderr"] };
    },
  };
}

function tlsLines({ tls }: ProxyPlace): string {
  return tls === undefined ? "" : `ssl_certificate ${tls.certificate};
    ssl_certificate_key ${tls.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:1m;`;
}

function proxyConfig(place: ProxyPlace): string {
  return `${nginxUser()}
daemon off;
worker_processes 1;
pid ${place.path("nginx.pid")};
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  ${temporaryPaths(place.path("nginx"))}
  tcp_nodelay on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  upstream backend {
    server 127.0.0.1:${place.backendPort};
    keepalive 128;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  server {
    listen 127.0.0.1:${place.port}${place.tls === undefined ? "" : " ssl"}${
    place.h2 === true ? " http2" : ""
  } backlog=4096;
    ${tlsLines(place)}
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_max_temp_file_size 0;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header Forwarded 'proto=$scheme;for="$remote_addr:$remote_port";by=$server_addr';
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header Sozu-Id $request_id;
      add_header Sozu-Id $request_id always;
    }
  }
}
`;
}
