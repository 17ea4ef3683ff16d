// The TLS keys of HTTPS listeners: versions, suites, groups, ALPN and the default certificate.
// Whether a certificate can be served is checked when the file is tried.

import * as defaults from "../../defaults.ts";
import { arrayOf, boolean, oneOf, path, type Reader, text, u64 } from "../fields.ts";
import type { Problems } from "../problem.ts";
import { type FileSources, splitCertificateChain, withChain } from "../sources.ts";
import { defaulted, optional, type TableReading } from "../table.ts";
import { TlsVersion } from "../../schema/messages.ts";
import { DEFAULT_TLS_VERSIONS } from "../../state/listener_defaults.ts";

const HTTPS = { only: ["https"] };
const TLS = { only: ["https", "tcp"] };

/** Reads `tls_versions`; the four oldest are accepted for the sake of old files, never negotiated. */
export const tlsVersions: Reader<TlsVersion[]> = arrayOf(oneOf<TlsVersion>({
  SSL_V2: TlsVersion.SSL_V2,
  SSL_V3: TlsVersion.SSL_V3,
  TLS_V10: TlsVersion.TLS_V1_0,
  TLS_V11: TlsVersion.TLS_V1_1,
  TLS_V12: TlsVersion.TLS_V1_2,
  TLS_V13: TlsVersion.TLS_V1_3,
}));

/** Keys of HTTPS listeners about TLS. */
export const TLS_KEYS = {
  tls_versions: defaulted(
    tlsVersions,
    [...DEFAULT_TLS_VERSIONS],
    "TLS versions offered; only TLS_V12 and TLS_V13 are ever negotiated",
    HTTPS,
  ),
  cipher_list: defaulted(arrayOf(text), [...defaults.DEFAULT_CIPHERS], "suites offered", HTTPS),
  cipher_suites: defaulted(arrayOf(text), [...defaults.DEFAULT_CIPHERS], "displayed only", {
    ...HTTPS,
    instead: "cipher_list",
  }),
  groups_list: defaulted(
    arrayOf(text),
    [...defaults.DEFAULT_GROUPS],
    "key exchange groups offered",
    HTTPS,
  ),
  certificate: optional(path, "default certificate, PEM; on tcp: ends TLS here", TLS),
  certificate_chain: optional(path, "its chain, PEM", TLS),
  key: optional(path, "its private key, PEM", TLS),
  send_tls13_tickets: defaulted(
    u64,
    defaults.DEFAULT_TLS13_TICKETS,
    "session tickets per TLS 1.3 handshake",
    HTTPS,
  ),
  alpn_protocols: defaulted(
    arrayOf(oneOf({ "h2": "h2", "http/1.1": "http/1.1" })),
    [...defaults.DEFAULT_ALPN_PROTOCOLS],
    "protocols offered, preferred first",
    HTTPS,
  ),
  strict_sni_binding: optional(
    boolean,
    `421 for authorities outside the certificate, worker default ${defaults.WORKER_STRICT_SNI_BINDING}`,
    HTTPS,
  ),
  disable_http11: optional(boolean, "refuse clients that do not negotiate h2", HTTPS),
};

type TlsReading = Pick<TableReading<typeof TLS_KEYS>, "values" | "at" | "has">;

/** ALPN protocols offered: duplicates dropped, the default for an empty list. */
export function alpnProtocols(reading: TlsReading, problems: Problems): string[] {
  const listed = [...new Set(reading.values.alpn_protocols)];
  const offered = listed.length === 0 ? [...defaults.DEFAULT_ALPN_PROTOCOLS] : listed;
  const http11 = offered.includes("http/1.1");
  if (reading.values.disable_http11 === true && http11) {
    problems.error(
      reading.at("disable_http11"),
      "Wrong value 'true' while alpn_protocols offers 'http/1.1', accepted: false, or true with " +
        'alpn_protocols = ["h2"]',
    );
  } else if (!http11 && reading.values.disable_http11 !== true) {
    problems.warn(
      reading.at("alpn_protocols"),
      "Clients without HTTP/2 cannot connect: 'http/1.1' is not offered",
    );
  }
  return offered;
}

/** The default certificate of a listener; what could not be read is absent. */
export interface ListenerCertificate {
  readonly certificate: string | undefined;
  readonly chain: string[];
  readonly key: string | undefined;
}

/** Loads the default certificate. */
export function listenerCertificate(
  reading: TlsReading,
  sources: FileSources,
): ListenerCertificate {
  const { values, at } = reading;
  const chain = sources.tolerated(values.certificate_chain, at("certificate_chain"));
  return {
    certificate: sources.tolerated(values.certificate, at("certificate")),
    chain: chain === undefined ? [] : splitCertificateChain(chain),
    key: sources.tolerated(values.key, at("key")),
  };
}

/**
 * Certificate (its chain after it) and key of a TCP listener, both empty when it names none. What cannot
 * be read is an error: a listener that should end TLS must not pass it on, nor serve without it.
 */
export function tcpCertificate(
  { values, at }: TlsReading,
  sources: FileSources,
  problems: Problems,
): { certificate?: string; key?: string } {
  const certificate = sources.required(values.certificate, at("certificate"));
  const chain = sources.required(values.certificate_chain, at("certificate_chain"));
  const key = sources.required(values.key, at("key"));
  if ((values.certificate === undefined) !== (values.key === undefined)) {
    const [given, missing] = values.key === undefined
      ? ["certificate", "key"] as const
      : ["key", "certificate"] as const;
    problems.error(at(given), `Needs '${missing}', accepted: both certificate and key, or none`);
  }
  if (values.certificate === undefined && values.certificate_chain !== undefined) {
    problems.error(at("certificate_chain"), "Needs 'certificate', accepted: a chain after it");
  }
  if (certificate === undefined || key === undefined) return {};
  return { certificate: withChain(certificate, chain), key };
}
