// Taking back changes of listeners, in the gentlest way there is: a switch, a patch, and only when
// neither leads back, the settings as a whole.

import { formatAddress } from "../values/address.ts";
import { findPatch, type ListenerPatch } from "../state/listener_patch.ts";
import type { MessageType } from "../schema/message_type.ts";
import {
  ListenerType,
  type SocketAddress,
  UpdateHttpListenerConfig,
  UpdateHttpsListenerConfig,
  UpdateTcpListenerConfig,
  UpdateUdpListenerConfig,
} from "../schema/messages.ts";
import type { ConfigState } from "../state/state.ts";
import type { Verb } from "../state/verbs.ts";
import { NOTHING, request, type Undo } from "./parts.ts";
import { validateVerb } from "../rules/validate.ts";

/** How to take back a change of a listener; `null` when the verb is about something else. */
export function undoListener(state: ConfigState, verb: Verb): Undo | null {
  switch (verb.kind) {
    case "add_http_listener":
      return removeListener(verb.value.address, ListenerType.HTTP);
    case "add_https_listener":
      return removeListener(verb.value.address, ListenerType.HTTPS);
    case "add_tcp_listener":
      return removeListener(verb.value.address, ListenerType.TCP);
    case "add_udp_listener":
      return removeListener(verb.value.address, ListenerType.UDP);
    case "update_http_listener":
    case "replace_http_listener":
      return restoreListener(state, ListenerType.HTTP, verb.value.address);
    case "update_https_listener":
    case "replace_https_listener":
      return restoreListener(state, ListenerType.HTTPS, verb.value.address);
    case "update_tcp_listener":
    case "replace_tcp_listener":
      return restoreListener(state, ListenerType.TCP, verb.value.address);
    case "update_udp_listener":
    case "replace_udp_listener":
      return restoreListener(state, ListenerType.UDP, verb.value.address);
    case "remove_listener":
    case "activate_listener":
    case "deactivate_listener":
      return restoreListener(state, verb.value.proxy, verb.value.address);
    default:
      return null;
  }
}

function removeListener(address: SocketAddress, proxy: ListenerType): Undo {
  return () => [request({ kind: "remove_listener", value: { address, proxy } })];
}

/** Everything about one listener, whatever happened to it. */
function restoreListener(state: ConfigState, proxy: ListenerType, address: SocketAddress): Undo {
  switch (proxy) {
    case ListenerType.HTTP:
      return restore(address, proxy, {
        table: ({ tables }) => tables.listeners.http,
        patchType: UpdateHttpListenerConfig,
        add: (value) => ({ kind: "add_http_listener", value }),
        update: (value) => ({ kind: "update_http_listener", value }),
        replace: (value) => ({ kind: "replace_http_listener", value }),
      }, state);
    case ListenerType.HTTPS:
      return restore(address, proxy, {
        table: ({ tables }) => tables.listeners.https,
        patchType: UpdateHttpsListenerConfig,
        add: (value) => ({ kind: "add_https_listener", value }),
        update: (value) => ({ kind: "update_https_listener", value }),
        replace: (value) => ({ kind: "replace_https_listener", value }),
      }, state);
    case ListenerType.TCP:
      return restore(address, proxy, {
        table: ({ tables }) => tables.listeners.tcp,
        patchType: UpdateTcpListenerConfig,
        add: (value) => ({ kind: "add_tcp_listener", value }),
        update: (value) => ({ kind: "update_tcp_listener", value }),
        replace: (value) => ({ kind: "replace_tcp_listener", value }),
      }, state);
    case ListenerType.UDP:
      return restore(address, proxy, {
        table: ({ tables }) => tables.listeners.udp,
        patchType: UpdateUdpListenerConfig,
        add: (value) => ({ kind: "add_udp_listener", value }),
        update: (value) => ({ kind: "update_udp_listener", value }),
        replace: (value) => ({ kind: "replace_udp_listener", value }),
      }, state);
    default:
      return NOTHING;
  }
}

interface Listener {
  address: SocketAddress;
  active: boolean;
}

/** What differs between the protocols. */
interface Protocol<L extends Listener, P extends ListenerPatch> {
  readonly table: (state: ConfigState) => {
    readonly type: MessageType<L>;
    get(address: string): L | undefined;
  };
  readonly patchType: MessageType<P>;
  readonly add: (listener: L) => Verb;
  readonly update: (patch: P) => Verb;
  readonly replace: (listener: L) => Verb;
}

function restore<L extends Listener, P extends ListenerPatch>(
  address: SocketAddress,
  proxy: ListenerType,
  protocol: Protocol<L, P>,
  state: ConfigState,
): Undo {
  const key = formatAddress(address);
  const before = protocol.table(state).get(key);
  if (before === undefined) return NOTHING;
  const activate: Verb = { kind: "activate_listener", value: { address, proxy, from_scm: false } };
  const anew = [
    protocol.add({ ...before, active: false }),
    ...(before.active ? [activate] : []),
  ];
  return (after) => {
    const table = protocol.table(after);
    const now = table.get(key);
    if (now === undefined) return anew.map(request);
    const switched: Verb[] = now.active === before.active
      ? []
      : before.active
      ? [activate]
      : [{ kind: "deactivate_listener", value: { address, proxy, to_scm: false } }];
    const patch = findPatch(table.type, protocol.patchType, now, { ...before, active: now.active });
    const isPatchable = patch !== null && validateVerb(protocol.update(patch)) === null;
    const settings = !isPatchable
      ? [protocol.replace(before)]
      : hasChanges(patch)
      ? [protocol.update(patch)]
      : [];
    return [...settings, ...switched].map(request);
  };
}

/** Whether a patch holds anything beside the address it is for. */
function hasChanges(patch: ListenerPatch): boolean {
  return Object.entries(patch).some(([key, field]: [string, unknown]) =>
    key !== "address" && field !== undefined && !(field instanceof Map && field.size === 0)
  );
}
