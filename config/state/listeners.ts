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
import { type ListenerPatch, patchListener } from "./listener_patch.ts";
import type { MessageType } from "../schema/message_type.ts";
import { copyMessage } from "../schema/message_values.ts";
import {
  type ActivateListener,
  type DeactivateListener,
  HttpListenerConfig,
  HttpsListenerConfig,
  ListenerType,
  type RemoveListener,
  type SocketAddress,
  TcpListenerConfig,
  UdpListenerConfig,
} from "../schema/messages.ts";

/** What listeners of every protocol have in common. */
export interface ListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  active: boolean;
}

/** Listeners of one protocol by the text of their address. */
export class ListenerTable<L extends ListenerConfig> {
  readonly proxy: ListenerType;
  readonly type: MessageType<L>;
  readonly #name: string;
  #byAddress = new Map<string, L>();

  constructor(proxy: ListenerType, name: string, type: MessageType<L>) {
    this.proxy = proxy;
    this.#name = name;
    this.type = type;
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
    if (this.#byAddress.has(key)) return alreadyExists(this.#name, key);
    const stored = normalize(copyMessage(this.type, listener));
    this.#byAddress.set(key, { ...stored, active: false });
    return null;
  }

  /** Other settings for a listener that is there; whether it is active does not change. */
  replace(listener: L): ConfigError | null {
    const key = formatAddress(listener.address);
    const before = this.#byAddress.get(key);
    if (before === undefined) return notFound(this.#name, key);
    const { active } = before;
    this.#byAddress.set(key, { ...normalize(copyMessage(this.type, listener)), active });
    return null;
  }

  remove(address: SocketAddress): ConfigError | null {
    const key = formatAddress(address);
    return this.#byAddress.delete(key) ? null : noChange(this.#name, key);
  }

  setActive(address: SocketAddress, active: boolean): ConfigError | null {
    const key = formatAddress(address);
    const listener = this.#byAddress.get(key);
    if (listener === undefined) return notFound(this.#name, key);
    this.#byAddress.set(key, { ...listener, active });
    return null;
  }

  /** Changes a listener in place, whole or not at all. */
  patch<P extends ListenerPatch>(patchType: MessageType<P>, patch: P): ConfigError | null {
    const key = formatAddress(patch.address);
    const listener = this.#byAddress.get(key);
    if (listener === undefined) return notFound(this.#name, key);
    this.#byAddress.set(key, normalize(patchListener(this.type, patchType, listener, patch)));
    return null;
  }

  copy(): ListenerTable<L> {
    const copy = new ListenerTable(this.proxy, this.#name, this.type);
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
  http = new ListenerTable(ListenerType.HTTP, "HTTP listener", HttpListenerConfig);
  https = new ListenerTable(ListenerType.HTTPS, "HTTPS listener", HttpsListenerConfig);
  tcp = new ListenerTable(ListenerType.TCP, "TCP listener", TcpListenerConfig);
  udp = new ListenerTable(ListenerType.UDP, "UDP listener", UdpListenerConfig);

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
    switch (proxy) {
      case ListenerType.HTTP:
        return this.http;
      case ListenerType.HTTPS:
        return this.https;
      case ListenerType.TCP:
        return this.tcp;
      case ListenerType.UDP:
        return this.udp;
      default:
        return null;
    }
  }
}

/** `null` for a protocol that has a table, whose answer was `null` as well. */
function unknownProxyOr(proxy: ListenerType): ConfigError | null {
  if (Object.values(ListenerType).some((known) => known === proxy)) return null;
  return unknownEnumValue("proxy", proxy, "0 (HTTP), 1 (HTTPS), 2 (TCP), 3 (UDP)");
}
