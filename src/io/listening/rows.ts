// The listening sockets of one address, of all processes, from /proc/net/tcp and /proc/net/tcp6. The kernel
// puts a new socket before the older ones of its address in the IPv4 list, and after them in the IPv6 list. It
// does so under the lock under which the socket joins its reuseport group, so the list has the order in which
// the members joined.

import type { Endpoint } from "../contracts.ts";

/** A listening socket. */
export interface ListeningRow {
  /** The inode, which identifies the socket as long as it exists. */
  readonly inode: number;
  /** Connections that are established and wait to be accepted. */
  readonly waiting: number;
}

/** State of a listening socket in the lists. */
const LISTEN = "0A";

/** Columns of a row. */
const LOCAL_ADDRESS = 1;
const STATE = 3;
const QUEUES = 4;
const INODE = 9;

/** The kernel returns a page for each read. */
const READ_BYTES = 4096;

/**
 * The sockets that listen on `endpoint`, in the order in which they began to listen; `null` where the system
 * has no such list. Listening sockets come first; the rest of the list, which may be long, is not read.
 */
export function listeningRows(endpoint: Endpoint): ListeningRow[] | null {
  const isIpv6 = endpoint.ip.includes(":");
  const address = listedAddress(endpoint);
  if (Deno.build.os !== "linux" || address === null) return null;
  try {
    const text = readListening(isIpv6 ? "/proc/net/tcp6" : "/proc/net/tcp");
    const rows = rowsOf(text, address);
    return isIpv6 ? rows : rows.reverse();
  } catch {
    return null;
  }
}

/** The rows of one address, in the order of the text. */
export function rowsOf(text: string, address: string): ListeningRow[] {
  const rows: ListeningRow[] = [];
  for (const line of text.split("\n")) {
    if (!line.includes(address)) continue;
    const fields = line.trim().split(/\s+/);
    if (fields[LOCAL_ADDRESS] !== address || fields[STATE] !== LISTEN) continue;
    const waiting = parseInt(fields[QUEUES]?.split(":")[1] ?? "", 16);
    const inode = Number(fields[INODE]);
    // A socket that is being closed has no inode any more.
    if (Number.isInteger(waiting) && inode > 0) rows.push({ inode, waiting });
  }
  return rows;
}

/** The list from its beginning to where the rows of listening sockets end. */
function readListening(path: string): string {
  using file = Deno.openSync(path);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(READ_BYTES);
  let text = "";
  for (;;) {
    const length = file.readSync(buffer);
    if (length === null) return text;
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
    const last = text.trimEnd().split("\n").at(-1)?.trim().split(/\s+/) ?? [];
    const isHeading = last[0] === "sl";
    // The last row may be cut; its state is enough.
    if (!isHeading && last.length > QUEUES && last[STATE] !== LISTEN) return text;
  }
}

/** An address in the format of the lists: groups of four bytes in host order, then the port. */
export function listedAddress({ ip, port }: Endpoint): string | null {
  const bytes = ip.includes(":") ? ipv6Bytes(ip) : ipv4Bytes(ip);
  if (bytes === null) return null;
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    const group = bytes.slice(at, at + 4);
    text += (IS_LITTLE_ENDIAN ? group.reverse() : group).map(hexByte).join("");
  }
  return `${text}:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function hexByte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}

function ipv4Bytes(ip: string): number[] | null {
  const bytes = ip.split(".").map(Number);
  const isAddress = bytes.length === 4 &&
    bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
  return isAddress ? bytes : null;
}

function ipv6Bytes(ip: string): number[] | null {
  const bare = ip.split("%")[0] ?? "";
  // The URL parser reads every spelling of an address and returns the one without an IPv4 part.
  const text = URL.parse(`http://[${bare}]/`)?.hostname.slice(1, -1);
  if (text === undefined) return null;
  const [head = "", tail] = text.split("::");
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: gap }, () => 0), ...after];
  return groups.length === 8 ? groups.flatMap((group) => [group >> 8, group & 0xff]) : null;
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}
