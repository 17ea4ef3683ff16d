// Whether the object that a request would add exists already with the same settings: an addition that is refused
// only for this reason would have changed nothing.

import { formatAddress, normalizeAddress } from "../../values/address.ts";
import type { MessageType } from "../../schema/message_type.ts";
import { equalMessages } from "../../schema/message_values.ts";
import { RequestHttpFrontend, type SocketAddress } from "../../schema/messages.ts";
import { routeKey } from "../http_frontends.ts";
import type { ListenerConfig, ListenerKind, RouteKind } from "../listener_kinds.ts";
import type { ReadonlyTables } from "../tables.ts";

/** Whether the tables hold a route with the same settings. */
export function isRouteInForce(
  tables: ReadonlyTables,
  kind: RouteKind,
  wanted: RequestHttpFrontend,
): boolean {
  const found = tables[kind.frontends].entries().get(routeKey(wanted));
  return found !== undefined && sameSettings(RequestHttpFrontend, found, wanted);
}

/**
 * Whether the tables hold a listener with the same settings. Whether it runs is decided by requests of
 * their own, so it does not count here.
 */
export function isListenerInForce(
  { listeners }: ReadonlyTables,
  { protocol, type }: ListenerKind,
  wanted: ListenerConfig,
): boolean {
  const found = listeners[protocol].get(formatAddress(wanted.address));
  return found !== undefined && sameSettings(type, { ...found, active: wanted.active }, wanted);
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
