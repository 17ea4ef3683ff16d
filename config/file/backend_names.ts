// Host names of backends. A file may name a host where an address is wanted; it is resolved once, when the file is
// loaded, and stands for one backend at each of its addresses.

import { compareAddresses, formatAddress, parseAddress, parseIp } from "../values/address.ts";
import type { SocketAddress } from "../schema/messages.ts";
import { type Reader, reject } from "./fields.ts";
import { type Place, type Problems, quote } from "./problem.ts";

/** A host and a port of which the address is not known yet. */
export interface NamedAddress {
  readonly host: string;
  readonly port: number;
}

/** What a name resolved to: IP addresses as text, or why there is none. */
export type Resolution = readonly string[] | { readonly problem: string };

/** Names by what they resolved to. A name that is not among them is noted, and its backends are left out. */
export class BackendNames {
  readonly #known: ReadonlyMap<string, Resolution>;
  /** The names that were looked for in vain. */
  readonly wanted = new Set<string>();

  constructor(known: ReadonlyMap<string, Resolution> = new Map()) {
    this.#known = known;
  }

  /** The addresses of a name, sorted and each once; none after the problem was reported at `place`. */
  addressesOf({ host, port }: NamedAddress, place: Place, problems: Problems): SocketAddress[] {
    const resolution = this.#known.get(host);
    if (resolution === undefined) {
      this.wanted.add(host);
      return [];
    }
    const texts = "problem" in resolution ? [] : resolution;
    const found = new Map<string, SocketAddress>();
    for (const text of texts) {
      const ip = parseIp(text);
      if (ip !== null) found.set(formatAddress({ ip, port }), { ip, port });
    }
    if (found.size === 0) {
      const reason = "problem" in resolution ? resolution.problem : "it has no address";
      problems.error(place, `Cannot resolve host ${quote(host)}: ${reason}`);
    }
    return [...found.values()].sort(compareAddresses);
  }
}

const MAX_HOST = 253;
const LABELS =
  /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;
/** What ends in a number is an IPv4 address to some resolvers: `127.1`, `0x7f000001`. */
const NUMERIC_END = /(?:^|\.)(?:[0-9]+|0[xX][0-9A-Fa-f]*)$/;

/** Reads `host:port`; `null` for what is no name, such as numbers and IPv6 without brackets. */
export function parseNamedAddress(text: string): NamedAddress | null {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(colon, 0));
  const digits = text.slice(colon + 1);
  if (host.length > MAX_HOST || !LABELS.test(host) || NUMERIC_END.test(host)) return null;
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : 0;
  return port < 1 || port > 65_535 ? null : { host, port };
}

const ACCEPTS =
  "an IP address and a port like '127.0.0.1:8080' or '[::1]:8080', or a host name and " +
  "a port like 'app.internal:8080'";

/** The address of a backend, or the name of its host. */
export const backendAddress: Reader<SocketAddress | NamedAddress> = {
  accepts: ACCEPTS,
  read(value, place, problems) {
    const text = value.kind === "string" ? value.value : "";
    return parseAddress(text) ?? parseNamedAddress(text) ??
      reject(value, ACCEPTS, place, problems);
  },
};
