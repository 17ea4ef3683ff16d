// Names of cipher suites. Deno uses those of IANA; metrics and access logs have those of rustls, which differ for
// TLS 1.3.

/** The rustls name of the suite that IANA calls `standardName`, negotiated for `version`. */
export function cipherName(standardName: string, version: string): string {
  return version === "TLSv1.3" && standardName.startsWith("TLS_")
    ? `TLS13_${standardName.slice("TLS_".length)}`
    : standardName;
}
