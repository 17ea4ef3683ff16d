// Where a connection goes that begins with TLS: by the server name that its client asks for, then by the protocols
// that it offers. Either every connection of an address goes to one service, or names decide and nothing else.

import { ServerNameTable } from "./server_name_table.ts";

/** Why there is no service for a client. */
export type HelloMiss = "no_sni" | "sni_unmatched" | "alpn_unmatched";

/** The services of one name. */
interface NamedServices<S> {
  readonly byProtocol: Map<string, S>;
  /** For clients that offer none of those protocols. */
  rest: S | null;
}

/** Services by server name and protocol. */
export class HelloRoutes<S extends object> {
  readonly #names = new ServerNameTable<NamedServices<S>>();
  /** The service of every connection, where no name decides. */
  whole: S | null = null;

  /** No service has a name: what a client says first need not be known. */
  get unnamed(): boolean {
    return this.#names.empty;
  }

  /**
   * Gives a name (see `parseServerName`) with these protocols to a service, or takes it away with `null`. No
   * protocols: what is left of the name.
   */
  set(name: string, protocols: readonly string[], service: S | null): void {
    const named = this.#names.get(name) ?? { byProtocol: new Map<string, S>(), rest: null };
    if (protocols.length === 0) named.rest = service;
    for (const protocol of protocols) {
      if (service === null) named.byProtocol.delete(protocol);
      else named.byProtocol.set(protocol, service);
    }
    const isEmpty = named.rest === null && named.byProtocol.size === 0;
    this.#names.set(name, isEmpty ? null : named);
  }

  /** The service for a name in lower case, and for protocols in the order in which a client wants them. */
  find(name: string | null, offered: readonly string[]): S | HelloMiss {
    if (name === null) return "no_sni";
    const named = this.#names.find(name);
    if (named === null) return "sni_unmatched";
    for (const protocol of offered) {
      const service = named.byProtocol.get(protocol);
      if (service !== undefined) return service;
    }
    return named.rest ?? "alpn_unmatched";
  }
}
