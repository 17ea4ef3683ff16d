// The configuration of the demonstration: an example file with its addresses moved to free ports.
// Pure: text in, text out.

/** The ports an example file names and the free ones that take their places. */
export type PortMap = ReadonlyMap<number, number>;

const ADDRESS = /(?<=^\s*(?:public_)?address\s*=\s*"[^"]*:)\d+(?=")/gm;
const COMMAND_SOCKET = /^command_socket\s*=.*$/m;

/** Every port that an `address` of the file names, without repetition, in order. */
export function portsOf(text: string): number[] {
  return [...new Set([...text.matchAll(ADDRESS)].map((match) => Number(match[0])))];
}

/** The file with its ports mapped, and its command socket at `socket`. */
export function derivedFile(text: string, ports: PortMap, socket: string): string {
  return text
    .replace(ADDRESS, (port) => String(ports.get(Number(port)) ?? port))
    .replace(COMMAND_SOCKET, `command_socket = ${JSON.stringify(socket)}`);
}
