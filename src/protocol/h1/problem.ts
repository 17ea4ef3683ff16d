// What can be wrong with an HTTP/1 message, as small integers on the hot path and as sentences for
// people. A problem belongs to the peer that sent the message, never to the program.

/** Why a message was refused; `NONE` means it was not. */
export const Problem = {
  NONE: 0,
  METHOD: 1,
  TARGET: 2,
  VERSION: 3,
  LINE_END: 4,
  FIELD_NAME: 5,
  FIELD_VALUE: 6,
  STATUS: 7,
  HOST_MISSING: 8,
  HOST_REPEATED: 9,
  HOST_INVALID: 10,
  CONTENT_LENGTH: 11,
  CONTENT_LENGTH_CONFLICT: 12,
  TRANSFER_ENCODING: 13,
  LENGTH_AND_ENCODING: 14,
  CHUNK_SIZE: 15,
  CHUNK_END: 16,
  TRAILER: 17,
  HEAD_TOO_LARGE: 18,
  TRAILER_TOO_LARGE: 19,
  TRUNCATED: 20,
  CONNECTION_OPTIONS: 21,
  CHUNK_EXTENSION: 22,
} as const;
export type Problem = typeof Problem[keyof typeof Problem];

const TEXTS: readonly string[] = [
  "No problem",
  "Invalid method: expected a token followed by one space",
  "Invalid request target: expected /path, an absolute URI, * for OPTIONS, or host:port for CONNECT, " +
  "without a fragment",
  "Invalid protocol version: expected HTTP/1.0 or HTTP/1.1",
  "Invalid line end: expected CR LF",
  "Invalid header name: expected a token directly followed by a colon",
  "Invalid header value: expected visible ASCII, spaces and tabs on one line",
  "Invalid status: expected three digits, then one space or CR LF",
  "Missing Host header",
  "More than one Host header",
  "Invalid host: expected letters, digits, dots, hyphens, underscores or an address in brackets, and " +
  "an optional port from 1 to 65535",
  "Invalid Content-Length: expected decimal digits only",
  "Several Content-Length values that differ",
  "Invalid Transfer-Encoding: expected chunked and no other coding",
  "Both Content-Length and Transfer-Encoding are present",
  "Invalid chunk size: expected hexadecimal digits, an extension or none, then CR LF",
  "Invalid chunk end: expected CR LF after the chunk data",
  "Invalid trailer: expected header lines that change neither framing nor routing",
  "Message head larger than the buffer",
  "Trailer section larger than the limit",
  "Message ended before it was complete",
  "Too many Connection options: expected at most 32",
  "Chunk extension larger than the limit",
];

/** The sentence for logs and answers. */
export function problemText(problem: Problem): string {
  return TEXTS[problem] ?? "Unknown problem";
}
