// A benchmark's backend and proxies, up and answering in a lab.

import { freePort } from "../../support/ports.ts";
import { H2Client } from "../../support/h2/h2_client.ts";
import { getFields } from "../../support/h2/request_fields.ts";
import { get } from "../../support/http/raw_client.ts";
import { getSecure } from "../../support/tls/tls_client.ts";
import { type Contender, HOST, type TlsFiles } from "./contender.ts";
import type { Lab } from "../../support/process/lab.ts";
import { nginxBackend } from "./nginx_backend.ts";
import { type ServerProcess, untilReady } from "../../support/process/server_process.ts";

/** A contender that answers on its port. */
export interface Running {
  readonly name: string;
  readonly port: number;
  readonly process: ServerProcess;
  /** Whether it speaks TLS. */
  readonly secure?: boolean;
}

/** Starts the backend on all of `ports`; resolves when it answers. `listen`: see nginxBackend. */
export async function startBackend(
  lab: Lab,
  nginx: string,
  ports: readonly number[],
  listen = "",
) {
  const backend = lab.start(nginxBackend(nginx, lab.folder, ports, listen));
  await untilReady(backend, () => answers(ports[0] as number));
}

/** Starts a contender in front of a backend; throws with its output when it does not come up. */
export async function startContender(
  lab: Lab,
  contender: Contender,
  backendPort: number,
  tls?: TlsFiles,
  h2 = false,
): Promise<Running> {
  const port = freePort();
  const process = lab.start(contender.command({
    port,
    backendPort,
    ...(tls === undefined ? {} : { tls }),
    h2,
    write: (name, text) => lab.write(name, text),
    path: (name) => lab.path(name),
  }));
  try {
    await untilReady(process, () => answers(port, tls, h2));
  } catch (error) {
    await process.stop();
    throw error;
  }
  return { name: contender.name, port, process, secure: tls !== undefined };
}

async function answers(port: number, tls?: TlsFiles, h2 = false): Promise<boolean> {
  if (h2) {
    const ca = tls === undefined ? {} : { ca: Deno.readTextFileSync(tls.certificate) };
    const way = tls === undefined ? "clear" : "TLS";
    await using client = await H2Client.open(port, way, { serverName: HOST, ...ca });
    return (await client.ask(1, getFields("/", [], HOST))).status === 200;
  }
  if (tls === undefined) return (await get(port, HOST)).status === 200;
  const ca = [Deno.readTextFileSync(tls.certificate)];
  return (await getSecure(port, HOST, ca)).status === 200;
}
