// Why a client of a TCP listener was closed whose first message was to tell which service it wants. Each is the end of
// a metric name, as in sozu.

/** Reasons, in the order of their counters. */
export const HELLO_REJECTIONS = [
  "not_tls",
  "malformed_record",
  "malformed_handshake",
  "fragmented",
  "too_large",
  "no_sni",
  "ech_outer_absent",
  "sni_unmatched",
  "alpn_unmatched",
  "proxy_header_invalid",
  "front_closed",
] as const;

/** A reason. */
export type HelloRejection = typeof HELLO_REJECTIONS[number];
