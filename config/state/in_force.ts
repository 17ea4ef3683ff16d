// Whether what a request would add is there already, exactly as the request has it: an addition that is
// refused for this reason alone asked for nothing new.

import { formatAddress, normalizeAddress } from "../values/address.ts";
import type { MessageType } from "../schema/message_type.ts";
import { equalMessages } from "../schema/message_values.ts";
import { RequestHttpFrontend, type SocketAddress } from "../schema/messages.ts";
import type { ConfigState } from "./state.ts";
import { routeKey } from "./http_frontends.ts";
import type { Verb } from "./verbs.ts";

/** Whether `verb` adds an object that `state` holds with the same settings. */
export function isInForce({ tables }: ConfigState, verb: Verb): boolean {
  switch (verb.kind) {
    case "add_http_frontend":
      return hasRoute(tables.httpFrontends.entries(), verb.value);
    case "add_https_frontend":
      return hasRoute(tables.httpsFrontends.entries(), verb.value);
    case "add_tcp_frontend":
      return tables.tcpFrontends.has(verb.value);
    case "add_udp_frontend":
      return tables.udpFrontends.has(verb.value);
    case "add_http_listener":
      return hasListener(tables.listeners.http, verb.value);
    case "add_https_listener":
      return hasListener(tables.listeners.https, verb.value);
    case "add_tcp_listener":
      return hasListener(tables.listeners.tcp, verb.value);
    case "add_udp_listener":
      return hasListener(tables.listeners.udp, verb.value);
    default:
      return false;
  }
}

function hasRoute(
  stored: ReadonlyMap<string, RequestHttpFrontend>,
  wanted: RequestHttpFrontend,
): boolean {
  const found = stored.get(routeKey(wanted));
  return found !== undefined && sameSettings(RequestHttpFrontend, found, wanted);
}

/** Whether the listener runs is decided by requests of their own, so it does not count here. */
function hasListener<L extends { address: SocketAddress; active: boolean }>(
  table: { readonly type: MessageType<L>; get(address: string): L | undefined },
  wanted: L,
): boolean {
  const found = table.get(formatAddress(wanted.address));
  return found !== undefined &&
    sameSettings(table.type, { ...found, active: wanted.active }, wanted);
}

function sameSettings<T extends { address: SocketAddress; public_address?: SocketAddress }>(
  type: MessageType<T>,
  stored: T,
  wanted: T,
): boolean {
  return equalMessages(type, stored, normalized(wanted));
}

/** The value as a state keeps it. */
function normalized<T extends { address: SocketAddress; public_address?: SocketAddress }>(
  value: T,
): T {
  const address = normalizeAddress(value.address);
  const { public_address } = value;
  return public_address === undefined
    ? { ...value, address }
    : { ...value, address, public_address: normalizeAddress(public_address) };
}
