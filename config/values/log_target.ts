// What a log target says: where lines go. Text in, parts out; opening one belongs to the logger.

import { formatIp, parseAddress } from "./address.ts";
import { resolvePath } from "../file/path.ts";

/** Where lines go. */
export type LogTarget =
  | { readonly kind: "standard" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "udp"; readonly ip: string; readonly port: number }
  | { readonly kind: "unix_datagram"; readonly path: string }
  | { readonly kind: "unix_stream"; readonly path: string };

/** What a log target may look like, for messages. */
export const LOG_TARGET_FORMS = "'stdout', 'udp://IP:PORT', 'tcp://HOST:PORT', 'unix://PATH' " +
  "(datagrams), 'unix-stream://PATH' or 'file://PATH'";

/** The parts of a target, or `null` when it has none of the known forms. */
export function parseLogTarget(text: string): LogTarget | null {
  if (text === "stdout") return { kind: "standard" };
  const [, scheme = "", rest = ""] = /^([a-z-]+):\/\/([^\0]+)$/.exec(text) ?? [];
  switch (scheme) {
    case "file":
      return { kind: "file", path: rest };
    case "unix":
      return { kind: "unix_datagram", path: rest };
    case "unix-stream":
      return { kind: "unix_stream", path: rest };
    case "udp":
      return udpTarget(rest);
    case "tcp":
      return tcpTarget(rest);
    default:
      return null;
  }
}

/** The target with a path that is absolute, where it has one: a relative one begins in `directory`. */
export function absoluteLogTarget(directory: string, text: string): string {
  const target = parseLogTarget(text);
  if (target === null || !("path" in target)) return text;
  const scheme = text.slice(0, text.length - target.path.length);
  return scheme + resolvePath(directory, target.path);
}

function udpTarget(text: string): LogTarget | null {
  const address = parseAddress(text);
  return address === null ? null : { kind: "udp", ip: formatIp(address.ip), port: address.port };
}

function tcpTarget(text: string): LogTarget | null {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s/:]+)):(\d{1,5})$/
    .exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  return { kind: "tcp", host, port };
}
