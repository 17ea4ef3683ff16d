// The metrics of TLS: the reasons of failed handshakes, and what was negotiated. The names are those of sozu and
// of the TLS library (rustls).

/** Classes of failed handshakes; each is the end of a metric name. */
export const HANDSHAKE_FAILURES = [
  "alert_received",
  "peer_incompatible",
  "peer_misbehaved",
  "invalid_message",
  "inappropriate_message",
  "inappropriate_handshake_message",
  "oversized_record",
  "no_alpn",
  "invalid_certificate",
  "decrypt_error",
  "no_certificates_present",
  "other",
] as const;

/** A class of failed handshakes. */
export type HandshakeFailure = typeof HANDSHAKE_FAILURES[number];

/** How rustls begins its description of each class; the words are stable across its releases. */
const PHRASES: readonly (readonly [string, HandshakeFailure])[] = [
  ["received fatal alert", "alert_received"],
  ["peer is incompatible", "peer_incompatible"],
  ["peer misbehaved", "peer_misbehaved"],
  ["received corrupt message", "invalid_message"],
  ["received unexpected handshake message", "inappropriate_handshake_message"],
  ["received unexpected message", "inappropriate_message"],
  ["peer sent excess", "oversized_record"],
  ["peer doesn't support any known protocol", "no_alpn"],
  ["invalid peer certificate", "invalid_certificate"],
  ["cannot decrypt peer's message", "decrypt_error"],
  ["peer sent no certificates", "no_certificates_present"],
];

/** The class of a failure that the TLS library describes with `message`. */
export function classifyHandshakeFailure(message: string): HandshakeFailure {
  return PHRASES.find(([phrase]) => message.includes(phrase))?.[1] ?? "other";
}

/** Versions as access logs write them, and the metrics that count them. */
export const TLS_VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
