// The verbs about listeners and their frontends. Most are the same for every kind of listener, and made
// from the rows of listener_kinds.ts.

import { EventKind, ListenerType, type SocketAddress } from "../../schema/messages.ts";
import { undoListener, undoListenerAddition } from "../../undo/listener.ts";
import { formatAddress } from "../../values/address.ts";
import { isListenerInForce } from "./in_force.ts";
import {
  ALL_LISTENER_KINDS,
  type ListenerConfig,
  type ListenerKind,
  listenerKindOf,
  type VerbOfKind,
} from "../listener_kinds.ts";
import type { ListenerPatch } from "../listener_patch.ts";
import type { ListenerTable } from "../listeners.ts";
import type { StateTables } from "../tables.ts";
import { describePatch } from "./patch_text.ts";
import type { EventObject, Rows, Subject, VerbRow } from "./row.ts";

interface Placed {
  readonly address: SocketAddress;
}

interface Switch extends Placed {
  readonly proxy: ListenerType;
}

/** The verbs that name any kind of listener by its number. */
export const SWITCH_ROWS = {
  remove_listener: {
    runsOn: "all",
    mutate: (tables, request) => tables.listeners.remove(request),
    undo: (tables, { proxy, address }) => undoListener(tables, listenerKindOf(proxy), address),
    scope: listenerScope,
    auditVerb: "listener_removed",
    subject: switchSubject,
    event: EventKind.LISTENER_REMOVED,
    eventObject: addressOf,
    change: (value) => `${named(value)} is removed`,
  },
  activate_listener: {
    runsOn: "all",
    mutate: (tables, request) => tables.listeners.activate(request),
    undo: (tables, { proxy, address }) => undoListener(tables, listenerKindOf(proxy), address),
    scope: listenerScope,
    auditVerb: "listener_activated",
    subject: switchSubject,
    event: EventKind.LISTENER_ACTIVATED,
    eventObject: addressOf,
    change: (value) => `${named(value)} is activated`,
  },
  deactivate_listener: {
    runsOn: "all",
    mutate: (tables, request) => tables.listeners.deactivate(request),
    undo: (tables, { proxy, address }) => undoListener(tables, listenerKindOf(proxy), address),
    scope: listenerScope,
    auditVerb: "listener_deactivated",
    subject: switchSubject,
    event: EventKind.LISTENER_DEACTIVATED,
    eventObject: addressOf,
    change: (value) => `${named(value)} is deactivated`,
  },
} as const satisfies Rows<"remove_listener" | "activate_listener" | "deactivate_listener">;

type ListenerVerb = VerbOfKind<"http" | "https" | "tcp" | "udp", "add" | "update" | "replace">;

/** The verbs of single kinds that add and change listeners. */
export const LISTENER_ROWS = Object.fromEntries(ALL_LISTENER_KINDS.flatMap((kind) => [
  [kind.verbs.add, additionRow(kind)],
  [kind.verbs.update, updateRow(kind)],
  [kind.verbs.replace, replacementRow(kind)],
])) as
  & { readonly [K in ListenerVerb]: { mutate: NonNullable<VerbRow["mutate"]> } }
  & { readonly [K in VerbOfKind<ListenerKind["protocol"], "replace">]: { internal: true } }
  & Rows<ListenerVerb>;

function additionRow(kind: ListenerKind): VerbRow<ListenerConfig> {
  const { protocol, label } = kind;
  return {
    ...commonRow(kind),
    mutate: (tables, listener) => tableOf(tables, kind).add(listener),
    undo: (_, { address }) => undoListenerAddition(kind, address),
    inForce: (tables, listener) => isListenerInForce(tables, kind, listener),
    auditVerb: `${protocol}_listener_added`,
    subject: ({ address }) => ({ target: `listener:${protocol}:${formatAddress(address)}` }),
    event: EventKind.LISTENER_ADDED,
    eventObject: addressOf,
    change: ({ address }) =>
      `${label} listener ${formatAddress(address)} is added, not yet activated`,
  };
}

function updateRow(kind: ListenerKind): VerbRow<ListenerPatch> {
  const { protocol, label } = kind;
  return {
    ...commonRow(kind),
    mutate: (tables, patch) => tableOf(tables, kind).patch(kind.patchType, patch),
    auditVerb: `${protocol}_listener_updated`,
    subject: (patch, { tables }) => {
      const address = formatAddress(patch.address);
      const changes = describePatch(patch, tables.listeners[protocol].get(address));
      return { target: `listener:${protocol}:${address}:${changes}` };
    },
    event: EventKind.LISTENER_UPDATED,
    eventObject: addressOf,
    change: ({ address }) => `${label} listener ${formatAddress(address)} is updated`,
  };
}

/** Main derives it from other requests; the command socket refuses it. */
function replacementRow(kind: ListenerKind): VerbRow<ListenerConfig> {
  return {
    ...commonRow(kind),
    internal: true,
    mutate: (tables, listener) => tableOf(tables, kind).replace(listener),
  };
}

function commonRow(kind: ListenerKind) {
  const { identityOf, missing } = kind;
  return {
    runsOn: "all" as const,
    ...(missing === undefined ? {} : { missing: () => [missing.listeners, "address"] as const }),
    ...(identityOf === undefined ? {} : {
      served: (listener: Partial<ListenerConfig>) => ({
        ...identityOf(listener),
        field: "certificate",
      }),
    }),
    undo: (tables: Parameters<typeof undoListener>[0], { address }: Placed) =>
      undoListener(tables, kind, address),
    scope: listenerScope,
  };
}

/** The table of a kind, whose listeners only the kind itself tells apart. */
function tableOf({ listeners }: StateTables, { protocol }: ListenerKind) {
  return listeners[protocol] as unknown as ListenerTable<ListenerConfig>;
}

/** Listeners of several kinds may share an address and then exclude each other. */
function listenerScope({ address }: Placed): string {
  return `listener ${formatAddress(address)}`;
}

function addressOf({ address }: Placed): EventObject {
  return { address };
}

function switchSubject({ proxy, address }: Switch): Subject {
  const label = listenerKindOf(proxy)?.label;
  const name = label === undefined ? proxy : label.charAt(0) + label.slice(1).toLowerCase();
  return { target: `listener:${name}:${formatAddress(address)}` };
}

function named({ proxy, address }: Switch): string {
  return `${listenerKindOf(proxy)?.label ?? proxy} listener ${formatAddress(address)}`;
}
