// What an HTTPS listener asks of TLS, as far as the runtime can honour it, and what it cannot: those
// settings are accepted, kept, and reported once in the log. Nothing pretends.

import {
  DEFAULT_ALPN_PROTOCOLS,
  DEFAULT_CIPHERS,
  DEFAULT_GROUPS,
  DEFAULT_TLS13_TICKETS,
  SIGNATURE_ALGORITHMS,
} from "../../../config/defaults.ts";
import { type HttpsListenerConfig, TlsVersion } from "../../../config/schema/messages.ts";
import type { VersionRange } from "../../io/tls/credentials.ts";

/** What the runtime sends after every TLS 1.3 handshake. */
const RUNTIME_TICKETS = 2n;

/** Offered when nothing of what a listener lists can be served: no client asks for it. */
const NO_PROTOCOL = "none";

/** The versions offered, or why there are none. Absent means the default. */
export function versionRange(versions: readonly TlsVersion[]): VersionRange | string {
  const v12 = versions.length === 0 || versions.includes(TlsVersion.TLS_V1_2);
  const v13 = versions.length === 0 || versions.includes(TlsVersion.TLS_V1_3);
  if (!v12 && !v13) return "no TLS version is left: TLS_V12 and TLS_V13 are supported";
  return { min: v12 ? "TLSv1.2" : "TLSv1.3", max: v13 ? "TLSv1.3" : "TLSv1.2" };
}

/** The protocols announced: those of the list, in its order, that are served. */
export function announcedProtocols(listed: readonly string[]): string[] {
  const wanted = listed.length === 0 ? DEFAULT_ALPN_PROTOCOLS : listed;
  const served = wanted.filter((protocol) => protocol === "http/1.1" || protocol === "h2");
  return served.length === 0 ? [NO_PROTOCOL] : served;
}

/**
 * The settings of a listener that are not enforced, each with the reason. Defaults are not among them: nobody
 * has asked for them.
 */
export function unenforcedSettings(config: HttpsListenerConfig): [string, string][] {
  const runtime = "the TLS library of the runtime does not let it be chosen";
  const found: [string, string][] = [];
  const lists = [
    ["cipher_list", DEFAULT_CIPHERS],
    ["cipher_suites", DEFAULT_CIPHERS],
    ["groups_list", DEFAULT_GROUPS],
    ["signature_algorithms", SIGNATURE_ALGORITHMS],
  ] as const;
  for (const [name, standard] of lists) {
    if (!isDefault(config[name], standard)) found.push([name, runtime]);
  }
  const { send_tls13_tickets: tickets = DEFAULT_TLS13_TICKETS } = config;
  if (tickets !== RUNTIME_TICKETS && tickets !== DEFAULT_TLS13_TICKETS) {
    found.push(["send_tls13_tickets", `the runtime always sends ${RUNTIME_TICKETS}`]);
  }
  const old = config.versions.some((version) => version < TlsVersion.TLS_V1_2);
  if (old) found.push(["tls_versions", "versions before TLS 1.2 are not supported"]);
  return found;
}

function isDefault(given: readonly string[], standard: readonly string[]): boolean {
  return given.length === 0 ||
    (given.length === standard.length && given.every((each, index) => each === standard[index]));
}
