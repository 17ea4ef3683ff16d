// The socket of a listener, open or closed. Every kind of listener opens and closes it here, so that closing without
// a lost connection is written once.

import { ACCEPT_QUEUE_DRAIN_MS } from "../../../config/defaults.ts";
import { formatAddress, formatIp } from "../../../config/values/address.ts";
import type { SocketAddress } from "../../../config/schema/messages.ts";
import type { Accepted, ConnectionSource, Endpoint } from "../../io/contracts.ts";
import type { OwnSocket } from "../../io/listening/steering.ts";
import type { SessionStarter } from "../../session/session.ts";
import { elapsed } from "../elapsed.ts";
import type { ListenerProbe, PlaneParts } from "../parts.ts";

/** The kind of a listener of connections, as texts name it. */
export type ListenerLabel = "HTTP" | "HTTPS" | "TCP";

/** What a listener does with connections, and when it can have none. */
export interface AcceptHandler {
  /** Takes a connection over; it starts a session of `starter` or closes the connection. */
  admit(accepted: Accepted, starter: SessionStarter, label: ListenerLabel): void;
  /** Waits until accepting may be tried again: the process is out of descriptors, as a rule. */
  pause(error: unknown): Promise<void>;
}

/** What a listening socket takes from outside. */
export type SocketParts = Pick<PlaneParts, "clock" | "timers" | "sockets">;

/** Binds an address. */
export type OpenSource = (endpoint: Endpoint) => ConnectionSource | Promise<ConnectionSource>;

/** How long a closed socket may still be listed as listening, in milliseconds. */
const FORGET_MS = 1_000;

/** Between two looks at the kernel's list, in milliseconds. */
const LOOK_MS = 5;

/** Errors that may be over in a moment, by name. */
const PASSING: ReadonlySet<string> = new Set([
  "EADDRINUSE",
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
]);

/** The listening socket of one address. */
export class ListeningSocket {
  readonly #address: SocketAddress;
  readonly #endpoint: Endpoint;
  readonly #label: ListenerLabel;
  readonly #parts: SocketParts;
  #source: ConnectionSource | null = null;
  #handler: AcceptHandler | null = null;
  #own: OwnSocket | null = null;
  #probe: ListenerProbe | null = null;
  #closing: Promise<null> | null = null;
  #opening: Promise<string | null> | null = null;
  #mayOpenSoon = false;

  /** `label` names the kind of listener, in texts and for who takes its connections. */
  constructor(address: SocketAddress, label: ListenerLabel, parts: SocketParts) {
    this.#address = address;
    this.#endpoint = endpointOf(address);
    this.#label = label;
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#source !== null;
  }

  /**
   * Whether the last failure to open the socket may be over in a moment: another process that is about to end
   * holds the address, or this one was out of descriptors.
   */
  get mayOpenSoon(): boolean {
    return this.#mayOpenSoon;
  }

  /** Opens with `open` and accepts until {@link close}; the reason when it cannot. */
  open(open: OpenSource, starter: SessionStarter, handler: AcceptHandler): Promise<string | null> {
    // Two at once would bind the address twice.
    this.#opening ??= this.#open(open, starter, handler).finally(() => this.#opening = null);
    return this.#opening;
  }

  async #open(
    open: OpenSource,
    starter: SessionStarter,
    handler: AcceptHandler,
  ): Promise<string | null> {
    if (this.#closing !== null) await this.#closing;
    if (this.#source !== null) return null;
    try {
      this.#mayOpenSoon = false;
      this.#source = await open(this.#endpoint);
    } catch (error) {
      this.#mayOpenSoon = PASSING.has(String(Reflect.get(Object(error), "code")));
      const reason = error instanceof Error ? error.message : String(error);
      return `Cannot listen on ${formatAddress(this.#address)}: ${reason}`;
    }
    this.#handler = handler;
    const admit = (accepted: Accepted) => handler.admit(accepted, starter, this.#label);
    void this.#source.acceptLoop(
      (accepted) => this.#probe === null ? admit(accepted) : this.#probe.offer(accepted, admit),
      (error) => handler.pause(error),
    );
    return null;
  }

  /** Opens once more with `open`, then closes what was open; the reason when it cannot. */
  async reopen(open: OpenSource, starter: SessionStarter): Promise<string | null> {
    const [source, handler] = [this.#source, this.#handler];
    if (source === null || handler === null) return null;
    const own = await this.own();
    this.#source = null;
    const refusal = await this.open(open, starter, handler);
    if (refusal !== null) {
      this.#source = source;
      return refusal;
    }
    await this.#end(source, own);
    this.#own = null;
    return null;
  }

  /**
   * Closes once the connections that wait in its queue were accepted; resolves when the kernel has
   * forgotten the socket, with the reason when it was not open.
   */
  async close(): Promise<string | null> {
    if (this.#source === null) return this.#inactive();
    this.#closing ??= this.#drainAndClose(this.#source);
    return await this.#closing;
  }

  /** Closes at once; connections that wait in its queue are lost. */
  abandon(): void {
    this.#source?.close();
    this.#source = null;
    this.#own = null;
  }

  /** What the kernel calls the socket, or why that cannot be told. */
  async own(): Promise<OwnSocket | string> {
    if (this.#source === null) return this.#inactive();
    this.#own ??= await this.#parts.sockets.own(this.#endpoint);
    return this.#own ?? `The socket at ${formatAddress(this.#address)} cannot be found`;
  }

  /** Connects to the address; the reason when the connection does not come in at this very socket. */
  async probe(): Promise<string | null> {
    if (this.#source === null) return this.#inactive();
    if (this.#probe !== null) return "A probe is under way";
    this.#probe = this.#parts.sockets.probe(this.#endpoint);
    try {
      return await this.#probe.run();
    } finally {
      this.#probe = null;
    }
  }

  async #drainAndClose(source: ConnectionSource): Promise<null> {
    await this.#end(source, await this.own());
    this.#source = null;
    this.#own = null;
    this.#closing = null;
    return null;
  }

  /** Closes a source once its queue is empty; resolves when the kernel has forgotten it. */
  async #end(source: ConnectionSource, own: OwnSocket | string): Promise<void> {
    const inode = typeof own === "string" ? null : own.inode;
    const { sockets, timers } = this.#parts;
    await this.#until(() => sockets.queueIsEmpty(this.#endpoint, inode), ACCEPT_QUEUE_DRAIN_MS);
    // One turn more: what left the kernel's queue last may not have reached the accept loop.
    await elapsed(timers, 0);
    source.close();
    // Deno closes the socket once the pending accept has been dropped.
    if (inode !== null) {
      await this.#until(() => !sockets.isListening(this.#endpoint, inode), FORGET_MS);
    }
  }

  async #until(condition: () => boolean, deadlineMs: number): Promise<void> {
    const { clock, timers } = this.#parts;
    const end = clock() + deadlineMs;
    while (!condition() && clock() < end) await elapsed(timers, LOOK_MS);
  }

  #inactive(): string {
    return `The ${this.#label} listener at ${formatAddress(this.#address)} is not active`;
  }
}

/** An address of the configuration as the sockets take it. */
export function endpointOf(address: SocketAddress): Endpoint {
  return { ip: formatIp(address.ip), port: address.port & 0xffff };
}
