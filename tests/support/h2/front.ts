// A proxy that speaks HTTP/2 to clients, in a process of its own: ours, or the one that the variable H2_FRONT names,
// so that a test can be tried against proxies that have been right for years.

import type { CertificateAndKey } from "../../../config/schema/messages.ts";
import { findProgram } from "../../bench/load/tools.ts";
import { nginxUser, temporaryPaths } from "../../bench/contenders/nginx_backend.ts";
import { freePorts } from "../ports.ts";
import { Lab } from "../process/lab.ts";
import { untilReady } from "../process/server_process.ts";
import { SozuProcess } from "../process/sozu_process.ts";
import { certificateFor } from "../tls/test_certificates.ts";
import { shakeHands } from "../tls/tls_client.ts";
import { HOST } from "./request_fields.ts";

export { HOST };

/** The certificate of every front. */
export const CERTIFICATE: CertificateAndKey = certificateFor([HOST, "localhost"]);

/** What a front is started with. */
export interface FrontOptions {
  /** `127.0.0.1:<port>` of the backend. */
  readonly backend: string;
  /** Whether the backend is spoken to in HTTP/2. */
  readonly backendH2?: boolean;
  /** Further keys of both listeners, each on a line of its own; only ours reads them. */
  readonly keys?: string;
  /** Further keys of the file, before its tables; only ours reads them. */
  readonly settings?: string;
}

/** A running front. */
export interface Front {
  /** Where HTTP/2 and HTTP/1.1 are served over TLS. */
  readonly securePort: number;
  /** Where HTTP/2 with prior knowledge and HTTP/1.1 are served in clear. */
  readonly clearPort: number;
  /** PEM file with the certificate. */
  readonly caPath: string;
  /** Process at the top of what runs. */
  readonly pid: number;
  /** Ours; null for another proxy. */
  readonly sozu: SozuProcess | null;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Name of the proxy under test. */
export const FRONT_NAME: string = Deno.env.get("H2_FRONT") ?? "sozu";

/** Starts a front with one worker. */
export async function startFront(options: FrontOptions): Promise<Front> {
  return await (FRONT_NAME === "sozu" ? startSozu(options) : startOther(FRONT_NAME, options));
}

async function startSozu(options: FrontOptions): Promise<Front> {
  const [securePort, clearPort] = freePorts(2) as [number, number];
  const at = (port: number) => `address = "127.0.0.1:${port}"`;
  const { keys = "", settings = "" } = options;
  const hosts = [HOST, "localhost"].flatMap((host) => [
    `{ ${at(securePort)}, hostname = "${host}", certificate = "front.pem", key = "front.key" }`,
    `{ ${at(clearPort)}, hostname = "${host}" }`,
  ]);
  const config = `${settings.includes("worker_count") ? "" : "worker_count = 1"}
${settings}
[[listeners]]
protocol = "https"
${at(securePort)}
${keys}
[[listeners]]
protocol = "http"
${at(clearPort)}
h2c_prior_knowledge = true
${keys}
[clusters.app]
protocol = "http"
http2 = ${options.backendH2 ?? false}
frontends = [${hosts.join(", ")}]
backends = [{ address = "${options.backend}" }]
`;
  const files = { "front.pem": CERTIFICATE.certificate, "front.key": CERTIFICATE.key };
  const sozu = await SozuProcess.start(config, { files });
  return {
    securePort,
    clearPort,
    caPath: `${sozu.folder}/front.pem`,
    pid: sozu.pid,
    sozu,
    [Symbol.asyncDispose]: () => sozu.stop(),
  };
}

async function startOther(name: string, options: FrontOptions): Promise<Front> {
  const [securePort, clearPort] = freePorts(2) as [number, number];
  const program = findProgram(name);
  if (program === null) throw new Error(`${name} is not installed`);
  const lab = new Lab();
  const place = {
    securePort,
    clearPort,
    caPath: lab.write("front.pem", CERTIFICATE.certificate),
    keyPath: lab.write("front.key", CERTIFICATE.key),
    bothPath: lab.write("both.pem", CERTIFICATE.certificate + CERTIFICATE.key),
    folder: lab.path("nginx"),
    ...options,
  };
  const config = lab.write("front.conf", name === "nginx" ? nginxText(place) : haproxyText(place));
  const args = name === "nginx" ? ["-c", config, "-e", "stderr"] : ["-db", "-f", config];
  const server = lab.start({ name, command: program, args });
  await untilReady(server, async () => (await shakeHands(securePort, HOST)).alpn !== "");
  return {
    securePort,
    clearPort,
    caPath: place.caPath,
    pid: server.pid,
    sozu: null,
    [Symbol.asyncDispose]: () => lab.dispose(),
  };
}

interface OtherPlace extends FrontOptions {
  readonly securePort: number;
  readonly clearPort: number;
  readonly caPath: string;
  readonly keyPath: string;
  readonly bothPath: string;
  readonly folder: string;
}

function haproxyText(place: OtherPlace): string {
  return `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 3s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend web
  bind 127.0.0.1:${place.securePort} ssl crt ${place.bothPath} alpn h2,http/1.1
  bind 127.0.0.1:${place.clearPort}
  default_backend pool
backend pool
  server one ${place.backend}${place.backendH2 === true ? " proto h2" : ""}
`;
}

function nginxText(place: OtherPlace): string {
  return `${nginxUser()}
daemon off;
worker_processes 1;
pid ${place.folder}.pid;
error_log /dev/null;
events { worker_connections 4096; }
http {
  access_log off;
  ${temporaryPaths(place.folder)}
  upstream pool { server ${place.backend}; keepalive 16; }
  server {
    listen 127.0.0.1:${place.securePort} ssl http2;
    listen 127.0.0.1:${place.clearPort} http2;
    ssl_certificate ${place.caPath};
    ssl_certificate_key ${place.keyPath};
    client_max_body_size 0;
    location / {
      ${place.backendH2 === true ? "grpc_pass grpc://pool" : "proxy_pass http://pool"};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }
  }
}
`;
}
