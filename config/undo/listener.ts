// Undoes changes of listeners with the smallest request that restores them: activation or deactivation, a patch, or
// else the settings as a whole.

import { formatAddress } from "../values/address.ts";
import { findPatch, type ListenerPatch } from "../state/listener_patch.ts";
import type { SocketAddress } from "../schema/messages.ts";
import {
  addListener,
  type ListenerKind,
  replaceListener,
  updateListener,
} from "../state/listener_kinds.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { activateListener, deactivateListener, removeListener, type Verb } from "../state/verb.ts";
import { requestOf } from "../state/twin_verbs.ts";
import { NOTHING, type Undo } from "./parts.ts";
import { validateMessage } from "../rules/validate.ts";

/** Everything about one listener, whatever happens to it; `kind`: `null` when there is no such kind. */
export function undoListener(
  tables: ReadonlyTables,
  kind: ListenerKind | null,
  address: SocketAddress,
): Undo {
  return kind === null ? NOTHING : restore(tables, kind, address);
}

function restore(tables: ReadonlyTables, kind: ListenerKind, address: SocketAddress): Undo {
  const { protocol, proxy, type, patchType } = kind;
  const key = formatAddress(address);
  const before = tables.listeners[protocol].get(key);
  if (before === undefined) return NOTHING;
  const activate = activateListener(proxy, address);
  const anew = [
    addListener(kind, { ...before, active: false }),
    ...(before.active ? [activate] : []),
  ];
  return (after) => {
    const now = after.tables.listeners[protocol].get(key);
    if (now === undefined) return anew.map(requestOf);
    const switched: Verb[] = now.active === before.active
      ? []
      : before.active
      ? [activate]
      : [deactivateListener(proxy, address)];
    const patch = findPatch(type, patchType, now, { ...before, active: now.active });
    const isPatchable = patch !== null && validateMessage(patchType, patch) === null;
    const settings = !isPatchable
      ? [replaceListener(kind, before)]
      : hasChanges(patch)
      ? [updateListener(kind, patch)]
      : [];
    return [...settings, ...switched].map(requestOf);
  };
}

/** An addition that was accepted added what was not there. */
export function undoListenerAddition(
  { proxy }: ListenerKind,
  address: SocketAddress,
): Undo {
  return () => [requestOf(removeListener(proxy, address))];
}

/** Whether a patch holds anything beside the address it is for. */
function hasChanges(patch: ListenerPatch): boolean {
  return Object.entries(patch).some(([key, field]: [string, unknown]) =>
    key !== "address" && field !== undefined && !(field instanceof Map && field.size === 0)
  );
}
