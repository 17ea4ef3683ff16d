// Why a stream is reset or a connection ended (RFC 9113 section 7).

/** The error codes of the specification. */
export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;
export type ErrorCode = typeof ErrorCode[keyof typeof ErrorCode];

/** Names as metrics and logs spell them, by code. */
export const ERROR_CODE_NAMES: readonly string[] = Object.keys(ErrorCode)
  .map((name) => name.toLowerCase());

/** Where a code of a peer is counted: one place for each known code, and one for all others. */
export function errorCodePosition(code: number): number {
  return Math.min(code, ERROR_CODE_NAMES.length);
}

/** The name of a code as it came; `unknown_error` for one that no specification has. */
export function errorCodeName(code: number): string {
  return ERROR_CODE_NAMES[code] ?? "unknown_error";
}
