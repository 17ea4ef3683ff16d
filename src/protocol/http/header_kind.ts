// Which header a name is, decided on bytes. A proxy must understand a dozen names; every other
// header is OTHER and passes through untouched. Knows nothing of values.

import { asciiBytes, equalsIgnoreCase, LOWER } from "../../bytes/ascii.ts";

/** The headers a proxy acts on. Values are bit positions in {@link MessageHead.seen}. */
export const HeaderKind = {
  OTHER: 0,
  HOST: 1,
  CONNECTION: 2,
  CONTENT_LENGTH: 3,
  TRANSFER_ENCODING: 4,
  UPGRADE: 5,
  EXPECT: 6,
  KEEP_ALIVE: 7,
  PROXY_CONNECTION: 8,
  TE: 9,
  TRAILER: 10,
  X_FORWARDED_FOR: 11,
  FORWARDED: 12,
  X_REAL_IP: 13,
  X_FORWARDED_PORT: 14,
  X_FORWARDED_PROTO: 15,
  X_REQUEST_ID: 16,
  COOKIE: 17,
  AUTHORIZATION: 18,
  HTTP2_SETTINGS: 19,
  PRIORITY: 20,
} as const;
export type HeaderKind = number;

const NAMES: readonly [string, HeaderKind][] = [
  ["host", HeaderKind.HOST],
  ["connection", HeaderKind.CONNECTION],
  ["content-length", HeaderKind.CONTENT_LENGTH],
  ["transfer-encoding", HeaderKind.TRANSFER_ENCODING],
  ["upgrade", HeaderKind.UPGRADE],
  ["expect", HeaderKind.EXPECT],
  ["keep-alive", HeaderKind.KEEP_ALIVE],
  ["proxy-connection", HeaderKind.PROXY_CONNECTION],
  ["te", HeaderKind.TE],
  ["trailer", HeaderKind.TRAILER],
  ["x-forwarded-for", HeaderKind.X_FORWARDED_FOR],
  ["forwarded", HeaderKind.FORWARDED],
  ["x-real-ip", HeaderKind.X_REAL_IP],
  ["x-forwarded-port", HeaderKind.X_FORWARDED_PORT],
  ["x-forwarded-proto", HeaderKind.X_FORWARDED_PROTO],
  ["x-request-id", HeaderKind.X_REQUEST_ID],
  ["cookie", HeaderKind.COOKIE],
  ["authorization", HeaderKind.AUTHORIZATION],
  ["http2-settings", HeaderKind.HTTP2_SETTINGS],
  ["priority", HeaderKind.PRIORITY],
];

interface KnownName {
  readonly name: Uint8Array;
  readonly kind: HeaderKind;
}

const LONGEST_NAME = Math.max(...NAMES.map(([name]) => name.length));

/** Candidates by (length, first byte): at most two names share a slot, most slots are empty. */
const SLOTS: readonly (readonly KnownName[] | undefined)[] = buildSlots();

function buildSlots(): (KnownName[] | undefined)[] {
  const slots = new Array<KnownName[] | undefined>((LONGEST_NAME + 1) * 256);
  slots.fill(undefined);
  for (const [text, kind] of NAMES) {
    const name = asciiBytes(text);
    const slot = name.length * 256 + (name[0] as number);
    const known = slots[slot];
    if (known === undefined) slots[slot] = [{ name, kind }];
    else known.push({ name, kind });
  }
  return slots;
}

/** The kind of the header name in `bytes[start, end)`, ignoring ASCII case. */
export function headerKind(bytes: Uint8Array, start: number, end: number): HeaderKind {
  const length = end - start;
  if (length > LONGEST_NAME) return HeaderKind.OTHER;
  const slot = SLOTS[length * 256 + (LOWER[bytes[start] as number] as number)];
  if (slot === undefined) return HeaderKind.OTHER;
  for (let i = 0; i < slot.length; i++) {
    const known = slot[i] as KnownName;
    if (equalsIgnoreCase(bytes, start, end, known.name)) return known.kind;
  }
  return HeaderKind.OTHER;
}
