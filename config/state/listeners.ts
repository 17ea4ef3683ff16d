// The listeners of a ConfigState: one table a protocol, by address. The same address may appear in
// several protocols. Stored values are replaced, never changed in place.

import { compareAddresses, formatAddress, normalizeAddress } from "../values/address.ts";
import {
  alreadyExists,
  type ConfigError,
  noChange,
  notFound,
  unknownEnumValue,
} from "./config_error.ts";
import {
  LISTENER_KINDS,
  type ListenerConfig,
  type ListenerKind,
  listenerKindOf,
} from "./listener_kinds.ts";
import { type ListenerPatch, patchListener } from "./listener_patch.ts";
import type { MessageType } from "../schema/message_type.ts";
import { copyMessage } from "../schema/message_values.ts";
import type {
  ActivateListener,
  DeactivateListener,
  HttpListenerConfig,
  HttpsListenerConfig,
  ListenerType,
  RemoveListener,
  SocketAddress,
  TcpListenerConfig,
  UdpListenerConfig,
} from "../schema/messages.ts";

/** Listeners of one protocol by the text of their address. */
export class ListenerTable<L extends ListenerConfig> {
  readonly type: MessageType<L>;
  readonly #kind: Pick<ListenerKind<L>, "label" | "type">;
  #byAddress = new Map<string, L>();

  constructor(kind: Pick<ListenerKind<L>, "label" | "type">) {
    this.#kind = kind;
    this.type = kind.type;
  }

  get size(): number {
    return this.#byAddress.size;
  }

  /** The listener at an address given as text. */
  get(address: string): L | undefined {
    return this.#byAddress.get(address);
  }

  /** Every listener by rising address. */
  sorted(): L[] {
    return [...this.#byAddress.values()].sort((a, b) => compareAddresses(a.address, b.address));
  }

  /** Listeners by the text of their address, in no particular order. */
  entries(): ReadonlyMap<string, L> {
    return this.#byAddress;
  }

  /** Adds a listener. It is not active, whatever it says: what opens it is a request of its own. */
  add(listener: L): ConfigError | null {
    const key = formatAddress(listener.address);
    if (this.#byAddress.has(key)) return alreadyExists(`${this.#kind.label} listener`, key);
    const stored = normalize(copyMessage(this.type, listener));
    this.#byAddress.set(key, { ...stored, active: false });
    return null;
  }

  /** Other settings for a listener that is there; whether it is active does not change. */
  replace(listener: L): ConfigError | null {
    const key = formatAddress(listener.address);
    const before = this.#byAddress.get(key);
    if (before === undefined) return notFound(`${this.#kind.label} listener`, key);
    const { active } = before;
    this.#byAddress.set(key, { ...normalize(copyMessage(this.type, listener)), active });
    return null;
  }

  remove(address: SocketAddress): ConfigError | null {
    const key = formatAddress(address);
    return this.#byAddress.delete(key) ? null : noChange(`${this.#kind.label} listener`, key);
  }

  setActive(address: SocketAddress, active: boolean): ConfigError | null {
    const key = formatAddress(address);
    const listener = this.#byAddress.get(key);
    if (listener === undefined) return notFound(`${this.#kind.label} listener`, key);
    this.#byAddress.set(key, { ...listener, active });
    return null;
  }

  /** Changes a listener in place, whole or not at all. */
  patch<P extends ListenerPatch>(patchType: MessageType<P>, patch: P): ConfigError | null {
    const key = formatAddress(patch.address);
    const listener = this.#byAddress.get(key);
    if (listener === undefined) return notFound(`${this.#kind.label} listener`, key);
    this.#byAddress.set(key, normalize(patchListener(this.type, patchType, listener, patch)));
    return null;
  }

  copy(): ListenerTable<L> {
    const copy = new ListenerTable<L>(this.#kind);
    copy.#byAddress = new Map(this.#byAddress);
    return copy;
  }
}

function normalize<L extends ListenerConfig>(listener: L): L {
  listener.address = normalizeAddress(listener.address);
  if (listener.public_address !== undefined) {
    listener.public_address = normalizeAddress(listener.public_address);
  }
  return listener;
}

/** Listeners of the four protocols. */
export class Listeners {
  http = new ListenerTable<HttpListenerConfig>(LISTENER_KINDS.http);
  https = new ListenerTable<HttpsListenerConfig>(LISTENER_KINDS.https);
  tcp = new ListenerTable<TcpListenerConfig>(LISTENER_KINDS.tcp);
  udp = new ListenerTable<UdpListenerConfig>(LISTENER_KINDS.udp);

  activate({ address, proxy }: ActivateListener): ConfigError | null {
    return this.#table(proxy)?.setActive(address, true) ?? unknownProxyOr(proxy);
  }

  deactivate({ address, proxy }: DeactivateListener): ConfigError | null {
    return this.#table(proxy)?.setActive(address, false) ?? unknownProxyOr(proxy);
  }

  remove({ address, proxy }: RemoveListener): ConfigError | null {
    return this.#table(proxy)?.remove(address) ?? unknownProxyOr(proxy);
  }

  copy(): Listeners {
    const copy = new Listeners();
    copy.http = this.http.copy();
    copy.https = this.https.copy();
    copy.tcp = this.tcp.copy();
    copy.udp = this.udp.copy();
    return copy;
  }

  #table(proxy: ListenerType) {
    const kind = listenerKindOf(proxy);
    return kind === null ? null : this[kind.protocol];
  }
}

/** `null` for a kind that has a table, whose answer was `null` as well. */
function unknownProxyOr(proxy: ListenerType): ConfigError | null {
  if (listenerKindOf(proxy) !== null) return null;
  return unknownEnumValue("proxy", proxy, "0 (HTTP), 1 (HTTPS), 2 (TCP), 3 (UDP)");
}
