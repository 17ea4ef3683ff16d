// The listener part of a diff. A listener whose differing fields can all be changed in place is
// updated; any other change replaces its settings as a whole. Its socket stays open either way.

import { findPatch, type ListenerPatch } from "../state/listener_patch.ts";
import type { MessageType } from "../schema/message_type.ts";
import { equalMessages } from "../schema/message_values.ts";
import {
  UpdateHttpListenerConfig,
  UpdateHttpsListenerConfig,
  UpdateTcpListenerConfig,
  UpdateUdpListenerConfig,
} from "../schema/messages.ts";
import { activation } from "../state/dump.ts";
import type { ListenerConfig, ListenerTable } from "../state/listeners.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import type { Verb } from "../state/verbs.ts";
import { compareText } from "../values/text_order.ts";
import { validateVerb } from "../rules/validate.ts";

type Table<L extends ListenerConfig> = Pick<
  ListenerTable<L>,
  "proxy" | "type" | "entries" | "get" | "sorted"
>;

/** How listeners of one protocol are added and changed. */
interface Protocol<L extends ListenerConfig, P extends ListenerPatch> {
  readonly patchType: MessageType<P>;
  readonly add: (listener: L) => Verb;
  readonly update: (patch: P) => Verb;
  readonly replace: (listener: L) => Verb;
}

/** What happens to the listeners of one protocol. */
export interface ListenerChanges {
  /** Removals, then additions. */
  readonly membership: Verb[];
  /** Changes of listeners that stay. */
  readonly changes: Verb[];
  /** Addresses of listeners that go for good. */
  readonly removed: ReadonlySet<string>;
}

/** The changes of every protocol. */
export interface AllListenerChanges {
  readonly http: ListenerChanges;
  readonly https: ListenerChanges;
  readonly tcp: ListenerChanges;
  readonly udp: ListenerChanges;
}

/** What leads from the listeners of `mine` to those of `theirs`. */
export function diffListeners(
  { listeners: mine }: ReadonlyTables,
  { listeners: theirs }: ReadonlyTables,
): AllListenerChanges {
  return {
    http: diffTable(mine.http, theirs.http, {
      patchType: UpdateHttpListenerConfig,
      add: (value) => ({ kind: "add_http_listener", value }),
      update: (value) => ({ kind: "update_http_listener", value }),
      replace: (value) => ({ kind: "replace_http_listener", value }),
    }),
    https: diffTable(mine.https, theirs.https, {
      patchType: UpdateHttpsListenerConfig,
      add: (value) => ({ kind: "add_https_listener", value }),
      update: (value) => ({ kind: "update_https_listener", value }),
      replace: (value) => ({ kind: "replace_https_listener", value }),
    }),
    tcp: diffTable(mine.tcp, theirs.tcp, {
      patchType: UpdateTcpListenerConfig,
      add: (value) => ({ kind: "add_tcp_listener", value }),
      update: (value) => ({ kind: "update_tcp_listener", value }),
      replace: (value) => ({ kind: "replace_tcp_listener", value }),
    }),
    udp: diffTable(mine.udp, theirs.udp, {
      patchType: UpdateUdpListenerConfig,
      add: (value) => ({ kind: "add_udp_listener", value }),
      update: (value) => ({ kind: "update_udp_listener", value }),
      replace: (value) => ({ kind: "replace_udp_listener", value }),
    }),
  };
}

function diffTable<L extends ListenerConfig, P extends ListenerPatch>(
  mine: Table<L>,
  theirs: Table<L>,
  protocol: Protocol<L, P>,
): ListenerChanges {
  const membership: Verb[] = [];
  const changes: Verb[] = [];
  const removed = new Set<string>();
  for (const [key, listener] of sortedEntries(mine)) {
    if (theirs.get(key) !== undefined) continue;
    removed.add(key);
    if (listener.active) membership.push(deactivation(mine, listener));
    membership.push(removal(mine, listener));
  }
  for (const [key, wanted] of sortedEntries(theirs)) {
    const listener = mine.get(key);
    if (listener === undefined) {
      membership.push(protocol.add(wanted));
      if (wanted.active) membership.push(activation(mine.proxy, wanted.address));
    } else if (!equalMessages(mine.type, listener, wanted)) {
      changes.push(...changesOf(mine, protocol, listener, wanted));
    }
  }
  return { membership, changes, removed };
}

function sortedEntries<L extends ListenerConfig>(table: Table<L>): [string, L][] {
  return [...table.entries()].sort(([a], [b]) => compareText(a, b));
}

function changesOf<L extends ListenerConfig, P extends ListenerPatch>(
  table: Table<L>,
  protocol: Protocol<L, P>,
  from: L,
  to: L,
): Verb[] {
  const verbs: Verb[] = [];
  const sameActivity = { ...from, active: to.active };
  if (!equalMessages(table.type, sameActivity, to)) {
    const patch = findPatch(table.type, protocol.patchType, sameActivity, to);
    const isPatchable = patch !== null && validateVerb(protocol.update(patch)) === null;
    verbs.push(isPatchable ? protocol.update(patch) : protocol.replace(to));
  }
  if (to.active && !from.active) verbs.push(activation(table.proxy, to.address));
  if (from.active && !to.active) verbs.push(deactivation(table, to));
  return verbs;
}

function removal<L extends ListenerConfig>({ proxy }: Table<L>, { address }: L): Verb {
  return { kind: "remove_listener", value: { address, proxy } };
}

function deactivation<L extends ListenerConfig>({ proxy }: Table<L>, { address }: L): Verb {
  return { kind: "deactivate_listener", value: { address, proxy, to_scm: false } };
}
