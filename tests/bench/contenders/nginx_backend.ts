// The backend of every benchmark: nginx, answering a small body from memory and a large one with
// sendfile.

import type { ServerCommand } from "../../support/process/server_process.ts";

/** Bytes of the large body. */
export const BULK_BYTES = 64 * 1024 * 1024;

/** Path of the large body. */
export const BULK_PATH = "/bulk";

const SMALL_BODY =
  "A small answer of about a hundred bytes, as an API or a redirecting page gives it.  ok";

/** How to run the backend on `ports`, with its files in `folder`; `listen` has more of nginx's options. */
export function nginxBackend(
  nginx: string,
  folder: string,
  ports: readonly number[],
  listen = "",
): Omit<ServerCommand, "logPath"> {
  const files = `${folder}/backend`;
  Deno.mkdirSync(files);
  // A sparse file: the page cache holds its zeros, no disk is read.
  Deno.createSync(`${files}${BULK_PATH}`).close();
  Deno.truncateSync(`${files}${BULK_PATH}`, BULK_BYTES);
  const config = `${folder}/backend.conf`;
  Deno.writeTextFileSync(config, backendConfig(files, ports, listen));
  return { name: "backend", command: nginx, args: ["-c", config, "-e", "stderr"] };
}

function backendConfig(files: string, ports: readonly number[], listen: string): string {
  return `${nginxUser()}
daemon off;
worker_processes 1;
pid ${files}/pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  ${temporaryPaths(files)}
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  server {
    ${ports.map((port) => `listen 127.0.0.1:${port} backlog=4096 ${listen};`).join("\n    ")}
    root ${files};
    location / { default_type text/plain; return 200 "${SMALL_BODY}"; }
    location = ${BULK_PATH} { default_type application/octet-stream; }
  }
}
`;
}

/** Root's nginx hands its workers to a user that cannot read a private temporary folder. */
export function nginxUser(): string {
  return Deno.uid() === 0 ? "user root;" : "";
}

/** Keeps nginx from writing into the system's folders: its own are `<prefix>-<kind>`. */
export function temporaryPaths(prefix: string): string {
  return ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${prefix}-${kind};`)
    .join("\n  ");
}
