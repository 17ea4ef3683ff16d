// The settings of a listener for handshakes that choose the certificate by server name (SNI, RFC 6066 §3), for
// both acceptors that do.

import type { SecureContext } from "node:tls";
import type { ClientAuthPolicy } from "../client_auth/policy.ts";
import type { TlsAcceptor } from "../contracts.ts";

/** The choice for one handshake. */
export interface ChosenCertificate {
  readonly context: SecureContext;
  /** See {@link TlsFacts}. */
  readonly names: readonly string[] | null;
}

/** The settings of a listener. */
export interface SniTlsSettings {
  /** ALPN protocols on offer, the preferred one first; empty for none. */
  readonly alpn: readonly string[];
  /**
   * The certificate for a server name in lower case without a trailing dot, "" when the client named
   * none; `null` fails the handshake.
   */
  choose(serverName: string): ChosenCertificate | null;
  /** What is asked of the certificates of clients; absent or `null` for nothing. */
  readonly clientAuth?: ClientAuthPolicy | null;
}

/** An acceptor that chooses certificates by name. Changed settings apply to handshakes that begin later. */
export interface SniTlsAcceptor extends TlsAcceptor {
  settings: SniTlsSettings;
  /** Whether it listens like a plain listener: an open socket can then serve both. */
  readonly usesPlainSockets: boolean;
}

/** The key of a server name: lower case, without a trailing dot. */
export function normalServerName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** The error of a handshake without a certificate. */
export function noCertificateFor(serverName: string): string {
  return serverName === "" ? "The client names no host" : "There is no certificate for the host";
}
