// What the TLS benchmarks work with: certificate files, and HAProxy as a fast TLS client that opens a new
// connection for every request it is given in plain.

import { freePort } from "../../support/ports.ts";
import { certificateFor } from "../../support/tls/test_certificates.ts";
import type { Lab } from "../../support/process/lab.ts";
import { untilReady } from "../../support/process/server_process.ts";
import { get } from "../../support/http/raw_client.ts";
import { HOST, type TlsFiles } from "../contenders/contender.ts";
import type { Running } from "../contenders/arena.ts";

/** A P-256 certificate for the benchmark's host, and for the name that wrk asks for. */
export function writeCertificate(lab: Lab): TlsFiles {
  const { certificate, key } = certificateFor([HOST, "localhost"]);
  return {
    certificate: lab.write("bench.pem", certificate),
    key: lab.write("bench.key", key),
    combined: lab.write("bench.both.pem", certificate + key),
  };
}

/**
 * Puts a TLS client in front of a contender: load on the returned port becomes one TLS connection a
 * request. `resumes` lets it continue earlier sessions.
 */
export async function throughTlsClient<T extends Pick<Running, "name" | "port">>(
  lab: Lab,
  haproxy: string,
  contender: T,
  resumes: boolean,
): Promise<T & { readonly secure: false }> {
  const port = freePort();
  const name = `client-of-${contender.name}-${resumes ? "resuming" : "full"}`;
  const config = lab.write(`${name}.cfg`, clientConfig(port, contender.port, resumes));
  const client = lab.start({ name, command: haproxy, args: ["-db", "-f", config] });
  await untilReady(client, async () => (await get(port, HOST)).status === 200);
  return { ...contender, port, secure: false };
}

function clientConfig(port: number, target: number, resumes: boolean): string {
  return `global
  nbthread 1
  maxconn 4000

defaults
  mode http
  no log
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  http-reuse never
  option http-server-close

frontend plain
  bind 127.0.0.1:${port}
  default_backend secure

backend secure
  server target 127.0.0.1:${target} ssl verify none sni str(${HOST}) ssl-min-ver TLSv1.3${
    resumes ? "" : " no-ssl-reuse"
  }
`;
}
