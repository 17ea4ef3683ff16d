// Other proxies that read the corpus beside ours: nginx and HAProxy as Debian packages them, each in front
// of a backend, and what a proxy made of the bytes it was sent.

import { findProgram } from "../bench/load/tools.ts";
import { nginxUser, temporaryPaths } from "../bench/contenders/nginx_backend.ts";
import type { Lab } from "../support/process/lab.ts";
import { freePort } from "../support/ports.ts";
import { connectRaw, get } from "../support/http/raw_client.ts";
import { untilReady } from "../support/process/server_process.ts";

/** Header by which an answer shows that it comes from the backend. */
export const FROM_BACKEND = ["x-from-backend", "yes"] as const;

/** How long a proxy may think about a request before it counts as waiting for more. */
const PATIENCE_MS = 700;

/**
 * What a proxy did with a request: forwarded it, refused its syntax, could not serve it for another reason,
 * or is still waiting for the rest of it.
 */
export type Verdict = "accepted" | "refused" | "unserved" | "waiting";

/** Statuses that speak about the syntax or the size of a request. */
const SYNTAX_STATUSES: ReadonlySet<number> = new Set([400, 411, 413, 414, 417, 431, 501, 505]);

/** A proxy that reads requests in its own way. */
export interface Peer {
  readonly name: string;
  /** Its program, or null when it is not installed. */
  readonly program: string | null;
  readonly configName: string;
  /** Its configuration: listen on `port`, forward to `backendPort`. */
  config(port: number, backendPort: number, lab: Lab): string;
  args(config: string): string[];
}

export const PEERS: readonly Peer[] = [
  {
    name: "nginx",
    program: findProgram("nginx"),
    configName: "nginx.conf",
    config: (port, backendPort, lab) =>
      `${nginxUser()}
daemon off;
worker_processes 1;
pid ${lab.path("nginx.pid")};
error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporaryPaths(lab.path("nginx"))}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${backendPort};
      proxy_http_version 1.1;
      proxy_request_buffering off;
    }
  }
}
`,
    args: (config) => ["-c", config, "-e", "stderr"],
  },
  {
    name: "haproxy",
    program: findProgram("haproxy"),
    configName: "haproxy.cfg",
    config: (port, backendPort) =>
      `global
  nbthread 1
  maxconn 512
defaults
  mode http
  timeout connect 3s
  timeout client 30s
  timeout server 30s
frontend web
  bind 127.0.0.1:${port}
  default_backend pool
backend pool
  server one 127.0.0.1:${backendPort}
`,
    args: (config) => ["-db", "-f", config],
  },
];

/** Starts a peer in front of a backend; resolves with its port when it answers. */
export async function startPeer(lab: Lab, peer: Peer, backendPort: number): Promise<number> {
  const port = freePort();
  const config = lab.write(peer.configName, peer.config(port, backendPort, lab));
  const command = peer.program ?? peer.name;
  const server = lab.start({ name: peer.name, command, args: peer.args(config) });
  await untilReady(server, async () => (await get(port, "a.test")).status === 200);
  return port;
}

/** What the proxy on `port` makes of `raw`. */
export async function verdictOf(port: number, raw: string): Promise<Verdict> {
  using wire = await connectRaw(port);
  try {
    await wire.write(raw);
  } catch {
    // It has refused before it took everything; its answer may still be there.
  }
  const head = await wire.readThrough("\r\n\r\n", PATIENCE_MS).catch(() => null);
  if (head === null) return wire.ended ? "refused" : "waiting";
  if (head.toLowerCase().includes(`\r\n${FROM_BACKEND.join(": ")}\r\n`)) return "accepted";
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  return SYNTAX_STATUSES.has(status) ? "refused" : "unserved";
}

/** Calls `work` for every item, a few at the same time. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
