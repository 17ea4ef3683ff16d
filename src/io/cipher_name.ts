// Names of cipher suites. The runtime speaks IANA's; metrics and access logs have those of rustls, which
// differ for TLS 1.3.

/** The suites rustls offers, under its names; what else is negotiated is counted as unsupported. */
export const CIPHER_NAMES = [
  "TLS13_AES_256_GCM_SHA384",
  "TLS13_AES_128_GCM_SHA256",
  "TLS13_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
] as const;

/** The rustls name of the suite that IANA calls `standardName`, negotiated for `version`. */
export function cipherName(standardName: string, version: string): string {
  return version === "TLSv1.3" && standardName.startsWith("TLS_")
    ? `TLS13_${standardName.slice("TLS_".length)}`
    : standardName;
}
