// Which implementation of TLS serves an HTTPS listener. A consequence of the configuration, not a
// setting: workers act on it and the command line shows it, both from here.

import { formatIp } from "../values/address.ts";
import {
  ClientAuthMode,
  type HttpsListenerConfig,
  type SocketAddress,
  TlsVersion,
} from "../schema/messages.ts";

/** `runtime` is the cheaper one; it serves one certificate, whatever name a client asks for. */
export type TlsAcceptorKind = "runtime" | "node";

/** The facts of a listener that decide. */
export type AcceptorFacts = Pick<
  HttpsListenerConfig,
  | "address"
  | "certificate"
  | "key"
  | "strict_sni_binding"
  | "versions"
  | "expect_proxy"
  | "client_auth"
>;

/**
 * `runtime` where only this machine can connect and the listener has a certificate of its own, that is the only one at its address, and
 * nothing needs to know or limit what is negotiated. `ownFingerprint` is that of the listener's
 * certificate, `null` without one; `fingerprints` are those of all certificates at its address.
 *
 * Strangers get `node`: a socket that the runtime's TLS closes before the end of the handshake, even one
 * that was refused on arrival, keeps its descriptor for as long as the client likes.
 */
export function tlsAcceptorOf(
  listener: AcceptorFacts,
  ownFingerprint: string | null,
  fingerprints: readonly string[],
): TlsAcceptorKind {
  const isStatic = ownFingerprint !== null && fingerprints.length === 1 &&
    fingerprints[0] === ownFingerprint;
  const plain = listener.strict_sni_binding === false && !listener.expect_proxy &&
    offersBothVersions(listener.versions) && isLoopback(listener.address) &&
    !asksClients(listener.client_auth);
  return isStatic && plain ? "runtime" : "node";
}

/** No versions given means the default, which is both. */
function offersBothVersions(versions: readonly number[]): boolean {
  return versions.length === 0 ||
    (versions.includes(TlsVersion.TLS_V1_2) && versions.includes(TlsVersion.TLS_V1_3));
}

function asksClients(mode: ClientAuthMode | undefined): boolean {
  return mode !== undefined && mode !== ClientAuthMode.CLIENT_AUTH_NONE;
}

function isLoopback({ ip }: SocketAddress): boolean {
  const text = formatIp(ip);
  return text.startsWith("127.") || text === "::1";
}
