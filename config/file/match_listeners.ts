// Brings frontends and listeners together by address: which kind of frontend results, where a
// listener has to be created, which PROXY protocol mode a TCP cluster gets. Compatible with
// sozu 2.1 as far as a correct file is concerned.

import { formatAddress } from "../values/address.ts";
import type { FrontendCertificate, FrontendReading } from "./keys/frontend.ts";
import {
  type Listener,
  LISTENER_KEYS,
  type ListenerBuilder,
  type ListenerReading,
} from "./keys/listener.ts";
import type { ListenerProtocol } from "../state/listener_kinds.ts";
import type { Place, PlaceOf, Problems } from "./problem.ts";
import { placesOf, readTable } from "./table.ts";
import type { TomlTable } from "./toml.ts";
import { ProxyProtocolConfig, type SocketAddress } from "../schema/messages.ts";

/** Every listener, declared ones in file order before those created for frontends. */
export class FileListeners {
  readonly #builder: ListenerBuilder;
  readonly #problems: Problems;
  readonly #byAddress = new Map<string, Listener>();
  readonly #linesByAddress = new Map<string, number>();
  readonly #places = new Map<string, PlaceOf>();
  /** Those that have a frontend with a server name. */
  readonly #named = new Set<Listener>();

  constructor(builder: ListenerBuilder, problems: Problems) {
    this.#builder = builder;
    this.#problems = problems;
  }

  /** Adds a declared listener; an address can be bound once, whatever the protocol. */
  declare(reading: ListenerReading): void {
    const { address } = reading.values;
    const name = address && formatAddress(address);
    const earlier = name === undefined ? undefined : this.#linesByAddress.get(name);
    if (earlier !== undefined) {
      this.#problems.error(
        reading.at("address"),
        `Address '${name}' is taken by the listener of line ${earlier}, accepted: an address ` +
          "that no other listener of any protocol has",
      );
    } else if (name !== undefined) {
      this.#linesByAddress.set(name, reading.at("address").line);
    }
    const listener = this.#builder.build(reading);
    if (listener !== null && name !== undefined && earlier === undefined) {
      this.#byAddress.set(name, listener);
      this.#places.set(name, placesOf(reading));
    }
  }

  /** The listener at an address, if there is one. */
  at(address: SocketAddress): Listener | undefined {
    return this.#byAddress.get(formatAddress(address));
  }

  /** Whether a declaration stands at the address, even one with errors. */
  isDeclared(address: SocketAddress): boolean {
    return this.#linesByAddress.has(formatAddress(address));
  }

  /** Creates the listener of a frontend whose address has none, with every setting at its default. */
  create(protocol: ListenerProtocol, address: SocketAddress): Listener | null {
    const name = formatAddress(address);
    const entries: TomlTable["entries"] = new Map([
      ["protocol", { line: 1, value: { kind: "string", line: 1, value: protocol } }],
      ["address", { line: 1, value: { kind: "string", line: 1, value: name } }],
    ]);
    const table: TomlTable = { kind: "table", line: 1, entries };
    const place = { key: "listeners", line: 1 };
    const reading = readTable(LISTENER_KEYS, table, place, this.#problems);
    const listener = this.#builder.build(reading);
    if (listener !== null) this.#byAddress.set(name, listener);
    return listener;
  }

  /** A frontend of the listener has a server name. */
  named(listener: Listener): void {
    if (listener.protocol !== "tcp" || this.#named.has(listener)) return;
    this.#named.add(listener);
    this.#builder.checkPreread(listener.config, this.placesAt(listener.config.address));
  }

  /** Where the settings of the listener at an address stand; a setting that the file does not have stands on its first line. */
  placesAt(address: SocketAddress): PlaceOf {
    return this.#places.get(formatAddress(address)) ?? (() => ({ key: "listeners", line: 1 }));
  }

  /** The listeners of one protocol. */
  ofProtocol<P extends ListenerProtocol>(protocol: P): Extract<Listener, { protocol: P }>[] {
    const isWanted = (listener: Listener): listener is Extract<Listener, { protocol: P }> =>
      listener.protocol === protocol;
    return [...this.#byAddress.values()].filter(isWanted);
  }
}

/** How an HTTP frontend is added: with a certificate it is an HTTPS one. */
export type HttpMatch = { readonly certificate: FrontendCertificate | null };

/** Finds (or creates) the listener of a frontend of an `http` cluster; null after an error. */
export function matchHttpFrontend(
  frontend: FrontendReading,
  own: FrontendCertificate | null,
  listeners: FileListeners,
  problems: Problems,
): HttpMatch | null {
  const { address, certificate, key } = frontend.values;
  if (address === undefined) return null;
  const wantsTls = certificate !== undefined || key !== undefined;
  const listener = listeners.at(address);
  const place = frontend.at("address");
  if (listener === undefined) {
    // A declaration with errors stands there: matching against it would only repeat them.
    if (listeners.isDeclared(address)) return null;
    listeners.create(wantsTls ? "https" : "http", address);
    return { certificate: own };
  }
  switch (listener.protocol) {
    case "tcp":
    case "udp":
      return wrongListener(place, listener, "an http or https listener", problems);
    case "http":
      if (!wantsTls) return { certificate: null };
      return wrongListener(place, listener, "an https listener for 'certificate'", problems);
    case "https":
      if (wantsTls) return { certificate: own };
      return inheritCertificate(place, listener, problems);
  }
}

/** What a frontend of a `tcp` cluster is added as. */
export interface TcpMatch {
  readonly protocol: "tcp" | "udp";
  /** Whether clients of its listener send a PROXY header. */
  readonly expectsProxy: boolean;
}

/** Finds (or creates) the listener of a frontend of a `tcp` cluster; null after an error. */
export function matchTcpFrontend(
  frontend: FrontendReading,
  listeners: FileListeners,
  problems: Problems,
): TcpMatch | null {
  const { address } = frontend.values;
  if (address === undefined) return null;
  const declared = listeners.at(address);
  if (declared === undefined && listeners.isDeclared(address)) return null;
  const listener = declared ?? listeners.create("tcp", address);
  switch (listener?.protocol) {
    case "tcp":
      if (serverNameOf(frontend) !== undefined) listeners.named(listener);
      return { protocol: "tcp", expectsProxy: listener.config.expect_proxy };
    case "udp":
      return { protocol: "udp", expectsProxy: listener.expectsProxy };
    case "http":
    case "https":
      return wrongListener(frontend.at("address"), listener, "a tcp or udp listener", problems);
    default:
      return null;
  }
}

/** The server name of a frontend of a `tcp` cluster, under either of its keys. */
export function serverNameOf({ values }: FrontendReading): string | undefined {
  return values.hostname ?? values.sni;
}

/** The PROXY protocol mode of a `tcp` cluster; its frontends have to agree. */
export function proxyProtocolMode(
  sendsProxy: boolean,
  frontends: readonly TcpMatch[],
  place: Place,
  problems: Problems,
): ProxyProtocolConfig | undefined {
  const expects = frontends.some((frontend) => frontend.expectsProxy);
  if (expects && frontends.some((frontend) => !frontend.expectsProxy)) {
    problems.error(
      place,
      "Frontends on listeners with and without 'expect_proxy = true', accepted: all on one kind",
    );
    return undefined;
  }
  if (sendsProxy) {
    return expects ? ProxyProtocolConfig.RELAY_HEADER : ProxyProtocolConfig.SEND_HEADER;
  }
  return expects ? ProxyProtocolConfig.EXPECT_HEADER : undefined;
}

function inheritCertificate(
  place: Place,
  listener: Extract<Listener, { protocol: "https" }>,
  problems: Problems,
): HttpMatch | null {
  const { certificate, key, chain } = listener.certificate;
  if (certificate !== undefined && key !== undefined) {
    return { certificate: { certificate, key, chain } };
  }
  return wrongListener(
    place,
    listener,
    "'certificate' and 'key' on the frontend, or readable ones on the listener",
    problems,
  );
}

function wrongListener(
  place: Place,
  listener: Listener,
  accepted: string,
  problems: Problems,
): null {
  const name = formatAddress(listener.config.address);
  const message = `Listener '${name}' has protocol '${listener.protocol}', accepted: ${accepted}`;
  problems.error(place, message);
  return null;
}
