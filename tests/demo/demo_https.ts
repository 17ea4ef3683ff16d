// The HTTPS part of the demonstration: a listener, a certificate made on the spot, a frontend, and the
// certificate replaced while clients shake hands. Every connection must be shown one of the two.

import { ListenerType, type Request, ResponseStatus } from "../../config/schema/messages.ts";
import type { CommandClient } from "../../src/client/mod.ts";
import { addHttpFrontend } from "../support/config/commands.ts";
import { httpsListener } from "../support/tls/https_proxy.ts";
import { certificateFor, fingerprintOf } from "../support/tls/test_certificates.ts";
import { getSecure } from "../support/tls/tls_client.ts";

/** Connections before and after the certificate is replaced, and while it is. */
const CONNECTIONS = 20;

/** Sends a request and throws what the proxy says when it refuses. */
export async function send(client: CommandClient, request: Request): Promise<void> {
  const { status, message } = await client.send(request);
  if (status !== ResponseStatus.OK) throw new Error(message);
}

/** Serves `host` from `clusterId` over TLS on a loopback port. */
export async function serveSecurely(
  client: CommandClient,
  port: number,
  host: string,
  clusterId: string,
): Promise<void> {
  const config = httpsListener(port);
  const { address } = config;
  const [first, second] = [certificateFor([host]), certificateFor([host])];
  const apply = (type: NonNullable<Request["request_type"]>) =>
    send(client, { request_type: type });
  const place = { clusterId, address: `127.0.0.1:${port}`, hostname: host };
  const frontend = addHttpFrontend(place).request_type;
  if (frontend?.kind !== "add_http_frontend") throw new Error("not a frontend");
  await apply({ kind: "add_https_listener", value: config });
  await apply({ kind: "add_certificate", value: { address, certificate: first } });
  await apply({ kind: "add_https_frontend", value: frontend.value });
  await apply({
    kind: "activate_listener",
    value: { address, proxy: ListenerType.HTTPS, from_scm: false },
  });
  const trusted = [first.certificate, second.certificate];
  const ask = async () => {
    const { status } = await getSecure(port, host, trusted);
    if (status !== 200) throw new Error(`answered ${status} over TLS`);
  };
  const askAll = () => Promise.all(Array.from({ length: CONNECTIONS }, ask));
  await askAll();
  const replaced = apply({
    kind: "replace_certificate",
    value: { address, new_certificate: second, old_fingerprint: fingerprintOf(first) },
  });
  await Promise.all([replaced, askAll()]);
  await askAll();
}
