// Which fields no trailer section may hold, whatever the protocol version: those that frame or route a
// message, authenticate it, or tell who sent it (RFC 9110 section 6.5.1).

import { HeaderKind } from "./header_kind.ts";

const KINDS: readonly HeaderKind[] = [
  HeaderKind.HOST,
  HeaderKind.CONTENT_LENGTH,
  HeaderKind.TRANSFER_ENCODING,
  HeaderKind.CONNECTION,
  HeaderKind.TRAILER,
  HeaderKind.UPGRADE,
  HeaderKind.EXPECT,
  HeaderKind.AUTHORIZATION,
  HeaderKind.COOKIE,
  HeaderKind.TE,
  HeaderKind.X_FORWARDED_FOR,
  HeaderKind.FORWARDED,
  HeaderKind.X_REAL_IP,
  HeaderKind.X_FORWARDED_PORT,
  HeaderKind.X_FORWARDED_PROTO,
  HeaderKind.KEEP_ALIVE,
  HeaderKind.PROXY_CONNECTION,
  HeaderKind.HTTP2_SETTINGS,
];

/** Bits `1 << kind` of the kinds that no trailer section may hold. */
export const FORBIDDEN_TRAILERS: number = KINDS.reduce((bits, kind) => bits | (1 << kind), 0);
