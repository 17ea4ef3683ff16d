// The listeners of a worker by kind and address. They are opened, closed and removed the same way whatever
// their kind; what only one kind can do is asked of the listeners of that kind.

import { notAvailable } from "../../../config/rules/missing_features.ts";
import { listenerKindOf } from "../../../config/state/listener_kinds.ts";
import { formatAddress } from "../../../config/values/address.ts";
import {
  type ActivateListener,
  type DeactivateListener,
  ListenerType,
  type RemoveListener,
  type SocketAddress,
} from "../../../config/schema/messages.ts";
import type { HttpListener } from "./http.ts";
import type { HttpsListener } from "./https.ts";
import type { Timers } from "../../io/contracts.ts";
import { elapsed } from "../elapsed.ts";
import type { PlaneParts } from "../parts.ts";
import type { ProxyListener } from "./listener.ts";
import type { AcceptHandler, ListeningSocket } from "./socket.ts";
import type { StreamListener } from "./tcp.ts";
import { UnopenedListeners } from "./unopened.ts";

/** The listeners of one kind by address. */
export class ListenersByAddress<T extends ProxyListener> {
  readonly #label: string;
  readonly #listeners = new Map<string, T>();

  /** `label` names the kind in texts: "HTTP". */
  constructor(label: string) {
    this.#label = label;
  }

  values(): IterableIterator<T> {
    return this.#listeners.values();
  }

  /** Adds the listener that `create` makes, or says why it makes none, or that the address is taken. */
  add(address: SocketAddress, create: () => T | string): string | null {
    const key = formatAddress(address);
    if (this.#listeners.has(key)) return `An ${this.#label} listener already exists at ${key}`;
    const listener = create();
    if (typeof listener === "string") return listener;
    this.#listeners.set(key, listener);
    return null;
  }

  /** Closes and forgets a listener; one that is not there is no error. */
  async remove(address: SocketAddress): Promise<void> {
    const key = formatAddress(address);
    const listener = this.#listeners.get(key);
    this.#listeners.delete(key);
    if (listener?.active) await listener.deactivate();
  }

  get(address: SocketAddress): T | undefined {
    return this.#listeners.get(formatAddress(address));
  }

  /** The answer of `use`, or that there is no such listener. */
  with<R>(address: SocketAddress, use: (listener: T) => R): R | string {
    const listener = this.get(address);
    return listener === undefined
      ? `No ${this.#label} listener at ${formatAddress(address)}`
      : use(listener);
  }
}

/** Every listener of a worker. */
export class ListenerSet {
  readonly #handler: AcceptHandler;
  readonly #timers: Timers;
  readonly http = new ListenersByAddress<HttpListener>("HTTP");
  readonly tcp = new ListenersByAddress<StreamListener>("TCP");
  readonly https = new ListenersByAddress<HttpsListener>("HTTPS");
  /** Those that should be open and are not. */
  readonly unopened: UnopenedListeners;
  readonly #kinds: ReadonlyMap<ListenerType, ListenersByAddress<ProxyListener>>;

  /** `handler` takes what the sockets accept. */
  constructor(handler: AcceptHandler, parts: Pick<PlaneParts, "timers" | "loggerOf">) {
    this.#handler = handler;
    this.#timers = parts.timers;
    this.unopened = new UnopenedListeners({
      open: (listener) => this.#open(listener),
      close: (listener) => this.#close(listener),
    }, parts);
    this.#kinds = new Map<ListenerType, ListenersByAddress<ProxyListener>>([
      [ListenerType.HTTP, this.http],
      [ListenerType.TCP, this.tcp],
      [ListenerType.HTTPS, this.https],
    ]);
  }

  /**
   * Opens the socket of a listener; the reason when it cannot. `delays`: how long is waited before it is
   * tried again, in milliseconds, one wait each, when a process that is about to end may hold the address.
   */
  async activate(
    listener: ActivateListener,
    delays: readonly number[] = [],
  ): Promise<string | null> {
    let refusal = await this.#open(listener);
    for (const delay of delays) {
      const soon = this.socketOf(listener.proxy, listener.address)?.mayOpenSoon;
      if (refusal === null || soon !== true) break;
      await elapsed(this.#timers, delay);
      refusal = await this.#open(listener);
    }
    return refusal;
  }

  /**
   * Closes the socket of a listener; the reason when it was not meant to be open. There is none of a missing
   * kind.
   */
  async deactivate(listener: DeactivateListener): Promise<string | null> {
    if (!this.#kinds.has(listener.proxy)) return null;
    return await this.unopened.drop(listener) ? null : await this.#close(listener);
  }

  /** Closes and forgets a listener; one that is not there is no error. */
  async remove({ address, proxy }: RemoveListener): Promise<void> {
    await this.unopened.drop({ address, proxy, to_scm: false });
    await this.#kinds.get(proxy)?.remove(address);
  }

  /** The socket of a listener; `null` when there is no such listener. */
  socketOf(proxy: ListenerType, address: SocketAddress): ListeningSocket | null {
    return this.#kinds.get(proxy)?.get(address)?.socket ?? null;
  }

  /** Closes every socket at once, whatever waits in its queue. */
  abandonAll(): void {
    this.unopened.stop();
    for (const listeners of this.#kinds.values()) {
      for (const listener of listeners.values()) listener.socket.abandon();
    }
  }

  /** Closes every socket; resolves when no connection can be lost by it any more. */
  async deactivateAll(): Promise<void> {
    this.unopened.stop();
    const closing: Promise<string | null>[] = [];
    for (const listeners of this.#kinds.values()) {
      for (const listener of listeners.values()) {
        if (listener.active) closing.push(listener.deactivate());
      }
    }
    await Promise.all(closing);
  }

  async #open({ address, proxy }: ActivateListener): Promise<string | null> {
    const listeners = this.#kinds.get(proxy);
    if (listeners === undefined) return missingKind(proxy);
    return await listeners.with(address, (listener) => listener.activate(this.#handler));
  }

  async #close({ address, proxy }: DeactivateListener): Promise<string | null> {
    const listeners = this.#kinds.get(proxy);
    if (listeners === undefined) return missingKind(proxy);
    return await listeners.with(address, (listener) => listener.deactivate());
  }
}

function missingKind(kind: ListenerType): string {
  return notAvailable(`${listenerKindOf(kind)?.label ?? "unknown"} listeners`);
}
