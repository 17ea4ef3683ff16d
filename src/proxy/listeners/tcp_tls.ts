// TLS that ends at a TCP listener. The runtime's own TLS sockets would be cheaper, but one whose handshake
// never ends cannot be closed from this side: clients that begin and stall would use up descriptors.

import type { TcpListenerConfig } from "../../../config/schema/messages.ts";
import type { SniTlsAcceptor, SniTlsSettings } from "../../io/tls/sni_settings.ts";
import { TlsCredentials } from "../../io/tls/credentials.ts";
import type { TlsDoors } from "../parts.ts";

const VERSIONS = { min: "TLSv1.2", max: "TLSv1.3" } as const;

/** How handshakes go with the certificate of a listener: whatever name a client asks for, it is shown. */
function settingsOf(credentials: TlsCredentials): SniTlsSettings {
  return { alpn: [], choose: () => ({ context: credentials.context(VERSIONS), names: null }) };
}

/**
 * What makes handshakes with the certificate and key of a listener, `current` if there is one already;
 * `null` when it has neither, a text when they cannot be served.
 */
export function streamAcceptor(
  { certificate, key }: Pick<TcpListenerConfig, "certificate" | "key">,
  tls: TlsDoors,
  current: SniTlsAcceptor | null = null,
): SniTlsAcceptor | string | null {
  if (certificate === undefined || key === undefined) return null;
  // The chain follows the certificate in the same text.
  const texts = { certificate, certificate_chain: [], key };
  const credentials = TlsCredentials.create(texts);
  if (typeof credentials === "string") return credentials;
  if (current === null) return tls.acceptorByName(settingsOf(credentials));
  current.settings = settingsOf(credentials);
  return current;
}
