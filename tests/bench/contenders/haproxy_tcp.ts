// HAProxy as a contender that passes TCP on: one thread, its own defaults.

import type { Contender } from "./contender.ts";

/** HAProxy in TCP mode, run from the program at `path`. */
export function haproxyTcp(path: string): Contender {
  return {
    name: "haproxy",
    command(place) {
      const config = place.write(
        "haproxy_tcp.cfg",
        `global
  nbthread 1
  maxconn 9000

defaults
  mode tcp
  no log
  timeout connect 3s
  timeout client 1h
  timeout server 1h

listen tunnel
  bind 127.0.0.1:${place.port} backlog 4096
  server one 127.0.0.1:${place.backendPort}
`,
      );
      return { name: "haproxy", command: path, args: ["-db", "-f", config] };
    },
  };
}
