// Textual IP addresses: strict reading of dotted IPv4 and of IPv6, and the canonical text of both
// (RFC 5952). Addresses are plain numbers here; messages and ports are address.ts's business.

/** Value of a dotted IPv4 address as a big-endian number, or `null`. */
export function parseIpv4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part)) return null;
    const octet = Number(part);
    if (octet > 255) return null;
    value = value * 256 + octet;
  }
  return value;
}

/** The eight 16-bit groups of an IPv6 address (RFC 4291 §2.2, no zone), or `null`. */
export function parseIpv6(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  if (head === null) return null;
  if (halves.length === 1) return head.length === 8 ? head : null;
  const tail = parseGroups(halves[1] as string, true);
  // "::" stands for at least one group of zeros.
  if (tail === null || head.length + tail.length > 7) return null;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Reads colon-separated groups; the last may be a dotted IPv4 address where `dotted` says so. */
function parseGroups(text: string, dotted: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const embedded = dotted && index === parts.length - 1 ? parseIpv4(part) : null;
    if (embedded === null) return null;
    groups.push(embedded >>> 16, embedded & 0xffff);
  }
  return groups;
}

/** Dotted text of an IPv4 address held as a big-endian number. */
export function formatIpv4(value: number): string {
  return `${value >>> 24}.${value >>> 16 & 255}.${value >>> 8 & 255}.${value & 255}`;
}

/** Canonical text of an IPv6 address given as eight groups (RFC 5952 §4 and §5). */
export function formatIpv6(groups: readonly number[]): string {
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) {
    return `::ffff:${formatIpv4(((groups[6] as number) << 16 | groups[7] as number) >>> 0)}`;
  }
  const { start, length } = longestZeroRun(groups);
  const texts = groups.map((group) => group.toString(16));
  if (length < 2) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= groups.length; index++) {
    if (groups[index] === 0) continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  return best;
}
