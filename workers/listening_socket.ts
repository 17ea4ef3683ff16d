// The socket of a listener, open or closed. Every kind of listener opens and closes through here, so
// that whatever makes closing lossless has one place.

import { formatAddress, formatIp } from "../config/address.ts";
import type { SocketAddress } from "../config/messages.ts";
import type { ConnectionSource, Endpoint } from "../src/io/contracts.ts";
import type { SessionStarter } from "../src/session/session.ts";
import type { AcceptHandler } from "./proxy_listener.ts";

/** Binds an address. */
export type OpenSource = (endpoint: Endpoint) => ConnectionSource | Promise<ConnectionSource>;

/** The listening socket of one address. */
export class ListeningSocket {
  readonly #address: SocketAddress;
  readonly #label: string;
  #source: ConnectionSource | null = null;
  #handler: AcceptHandler | null = null;

  /** `label` names the kind of listener in texts: "HTTP". */
  constructor(address: SocketAddress, label: string) {
    this.#address = address;
    this.#label = label;
  }

  get isOpen(): boolean {
    return this.#source !== null;
  }

  /** Opens with `open` and accepts until {@link close}; the reason when it cannot. */
  async open(
    open: OpenSource,
    starter: SessionStarter,
    handler: AcceptHandler,
  ): Promise<string | null> {
    if (this.#source !== null) return null;
    try {
      this.#source = await open(endpointOf(this.#address));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `Cannot listen on ${formatAddress(this.#address)}: ${reason}`;
    }
    this.#handler = handler;
    void this.#source.acceptLoop(
      (accepted) => handler.admit(accepted, starter),
      (error) => handler.pause(error),
    );
    return null;
  }

  /** Opens once more with `open`, then closes what was open; the reason when it cannot. */
  async reopen(open: OpenSource, starter: SessionStarter): Promise<string | null> {
    const [source, handler] = [this.#source, this.#handler];
    if (source === null || handler === null) return null;
    this.#source = null;
    const refusal = await this.open(open, starter, handler);
    if (refusal === null) source.close();
    else this.#source = source;
    return refusal;
  }

  /** Closes; resolves with the reason when it was not open. */
  // Asynchronous by contract: a lossless close waits for connections under way.
  // deno-lint-ignore require-await
  async close(): Promise<string | null> {
    if (this.#source === null) {
      return `The ${this.#label} listener at ${formatAddress(this.#address)} is not active`;
    }
    this.#source.close();
    this.#source = null;
    return null;
  }
}

/** An address of the configuration as the sockets take it. */
export function endpointOf(address: SocketAddress): Endpoint {
  return { ip: formatIp(address.ip), port: address.port & 0xffff };
}
