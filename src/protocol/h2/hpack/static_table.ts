// The static table of HPACK (RFC 7541 appendix A).

import { asciiBytes, equalBytes } from "../../../bytes/ascii.ts";
import { type HeaderKind, headerKind } from "../../http/header_kind.ts";

const ENTRIES: readonly (readonly [name: string, value: string])[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  [":status", "200"],
  [":status", "204"],
  [":status", "206"],
  [":status", "304"],
  [":status", "400"],
  [":status", "404"],
  [":status", "500"],
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ["accept-language", ""],
  ["accept-ranges", ""],
  ["accept", ""],
  ["access-control-allow-origin", ""],
  ["age", ""],
  ["allow", ""],
  ["authorization", ""],
  ["cache-control", ""],
  ["content-disposition", ""],
  ["content-encoding", ""],
  ["content-language", ""],
  ["content-length", ""],
  ["content-location", ""],
  ["content-range", ""],
  ["content-type", ""],
  ["cookie", ""],
  ["date", ""],
  ["etag", ""],
  ["expect", ""],
  ["expires", ""],
  ["from", ""],
  ["host", ""],
  ["if-match", ""],
  ["if-modified-since", ""],
  ["if-none-match", ""],
  ["if-range", ""],
  ["if-unmodified-since", ""],
  ["last-modified", ""],
  ["link", ""],
  ["location", ""],
  ["max-forwards", ""],
  ["proxy-authenticate", ""],
  ["proxy-authorization", ""],
  ["range", ""],
  ["referer", ""],
  ["refresh", ""],
  ["retry-after", ""],
  ["server", ""],
  ["set-cookie", ""],
  ["strict-transport-security", ""],
  ["transfer-encoding", ""],
  ["user-agent", ""],
  ["vary", ""],
  ["via", ""],
  ["www-authenticate", ""],
];

/** An entry: its bytes and what kind of field it is. */
export interface StaticEntry {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
  readonly kind: HeaderKind;
  /** `name: value`. */
  readonly line: Uint8Array;
}

/** The entries; the first has index 1 on the wire. */
export const STATIC_TABLE: readonly StaticEntry[] = ENTRIES.map(([name, value]) => {
  const bytes = asciiBytes(name);
  const kind = headerKind(bytes, 0, bytes.length);
  return { name: bytes, value: asciiBytes(value), kind, line: asciiBytes(`${name}: ${value}`) };
});

/** Names whose values are secrets: they never go into a table (RFC 7541 section 7.1.3). */
const SENSITIVE: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "set-cookie",
]);

const SENSITIVE_INDEXES: readonly boolean[] = ENTRIES.map(([name]) => SENSITIVE.has(name));

const NAME_SLOTS = 256;

/** Indexes of the first entries of all names, by {@link nameSlot}. */
const NAMES: readonly (readonly number[] | undefined)[] = buildNames();

/** The index of the first entry named `name[0, length)`, which is in lower case; 0 when there is none. */
export function staticName(name: Uint8Array, length: number): number {
  const slot = NAMES[nameSlot(name, length)];
  if (slot === undefined) return 0;
  for (let i = 0; i < slot.length; i++) {
    const index = slot[i] as number;
    const known = (STATIC_TABLE[index - 1] as StaticEntry).name;
    if (equalBytes(known, 0, known.length, name, 0, length)) return index;
  }
  return 0;
}

/** Whether the fields of the entry with this index hold secrets. */
export function isSensitive(index: number): boolean {
  return SENSITIVE_INDEXES[index - 1] === true;
}

function nameSlot(name: Uint8Array, length: number): number {
  const first = name[0] ?? 0;
  const last = name[length - 1] ?? 0;
  return (length * 37 + first * 5 + last) & (NAME_SLOTS - 1);
}

function buildNames(): (number[] | undefined)[] {
  const slots = new Array<number[] | undefined>(NAME_SLOTS).fill(undefined);
  for (const [i, { name }] of STATIC_TABLE.entries()) {
    if (ENTRIES.findIndex(([known]) => known === ENTRIES[i]?.[0]) !== i) continue;
    const slot = nameSlot(name, name.length);
    slots[slot] = [...slots[slot] ?? [], i + 1];
  }
  return slots;
}
