// The listener part of a diff. A listener whose differing fields can all be changed in place is
// updated; any other change replaces its settings as a whole. Its socket stays open either way.

import { findPatch } from "../state/listener_patch.ts";
import { equalMessages } from "../schema/message_values.ts";
import {
  addListener,
  type ListenerConfig,
  type ListenerKind,
  replaceListener,
  updateListener,
} from "../state/listener_kinds.ts";
import type { ListenerTable } from "../state/listeners.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { activateListener, deactivateListener, removeListener, type Verb } from "../state/verb.ts";
import { compareText } from "../values/text_order.ts";
import { validateMessage } from "../rules/validate.ts";

type Table = Pick<ListenerTable<ListenerConfig>, "entries" | "get">;

/** What happens to the listeners of one kind. */
export interface ListenerChanges {
  /** Removals, then additions. */
  readonly membership: Verb[];
  /** Changes of listeners that stay. */
  readonly changes: Verb[];
  /** Addresses of listeners that go for good. */
  readonly removed: ReadonlySet<string>;
}

/** What leads from the listeners of a kind in `mine` to those in `theirs`. */
export function diffListeners(
  from: ReadonlyTables,
  to: ReadonlyTables,
  kind: ListenerKind,
): ListenerChanges {
  const { protocol, proxy, type } = kind;
  const mine: Table = from.listeners[protocol];
  const theirs: Table = to.listeners[protocol];
  const membership: Verb[] = [];
  const changes: Verb[] = [];
  const removed = new Set<string>();
  for (const [key, { active, address }] of sortedEntries(mine)) {
    if (theirs.get(key) !== undefined) continue;
    removed.add(key);
    if (active) membership.push(deactivateListener(proxy, address));
    membership.push(removeListener(proxy, address));
  }
  for (const [key, wanted] of sortedEntries(theirs)) {
    const listener = mine.get(key);
    if (listener === undefined) {
      membership.push(addListener(kind, wanted));
      if (wanted.active) membership.push(activateListener(proxy, wanted.address));
    } else if (!equalMessages(type, listener, wanted)) {
      changes.push(...changesOf(kind, listener, wanted));
    }
  }
  return { membership, changes, removed };
}

function sortedEntries(table: Table): [string, ListenerConfig][] {
  return [...table.entries()].sort(([a], [b]) => compareText(a, b));
}

function changesOf(kind: ListenerKind, from: ListenerConfig, to: ListenerConfig): Verb[] {
  const { type, patchType, proxy } = kind;
  const verbs: Verb[] = [];
  const sameActivity = { ...from, active: to.active };
  if (!equalMessages(type, sameActivity, to)) {
    const patch = findPatch(type, patchType, sameActivity, to);
    const isPatchable = patch !== null && validateMessage(patchType, patch) === null;
    verbs.push(isPatchable ? updateListener(kind, patch) : replaceListener(kind, to));
  }
  if (to.active && !from.active) verbs.push(activateListener(proxy, to.address));
  if (from.active && !to.active) verbs.push(deactivateListener(proxy, to.address));
  return verbs;
}
