// What a listener decides about handshakes whose certificate depends on the name that is asked for; shared
// by the ways there are to make such handshakes.

import type { SecureContext } from "node:tls";
import type { TlsAcceptor } from "../contracts.ts";

/** What a handshake is continued with. */
export interface ChosenCertificate {
  readonly context: SecureContext;
  /** See TlsFacts. */
  readonly names: readonly string[] | null;
}

/** What a listener decides about handshakes. */
export interface SniTlsSettings {
  /** Protocols on offer, the preferred one first; empty for none. */
  readonly alpn: readonly string[];
  /**
   * The certificate for a server name in lower case without a trailing dot, "" when the client named
   * none; `null` fails the handshake.
   */
  choose(serverName: string): ChosenCertificate | null;
}

/** An acceptor that chooses certificates by name. Settings may be changed; handshakes under way keep theirs. */
export interface SniTlsAcceptor extends TlsAcceptor {
  settings: SniTlsSettings;
  /** Whether it listens as plain listeners do: a socket that is open can then serve either. */
  readonly usesPlainSockets: boolean;
}

/** A server name as certificates are looked up by: lower case, without a trailing dot. */
export function normalServerName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** Why a handshake failed for which there is no certificate. */
export function noCertificateFor(serverName: string): string {
  return serverName === "" ? "The client names no host" : "There is no certificate for the host";
}
