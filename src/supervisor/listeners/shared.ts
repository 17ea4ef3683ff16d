// The listeners whose address several workers share. UDP listeners are not among them: Deno cannot share UDP sockets,
// so one worker has each.

import type { ConfigState } from "../../../config/state/state.ts";
import { ALL_LISTENER_KINDS } from "../../../config/state/listener_kinds.ts";
import type { SharedListener } from "./steps.ts";

/** The active shared listeners of a state. */
export function sharedListeners({ tables }: ConfigState): SharedListener[] {
  return ALL_LISTENER_KINDS.filter(({ shared }) => shared).flatMap(({ protocol, proxy }) =>
    tables.listeners[protocol].sorted()
      .filter(({ active }) => active).map(({ address }) => ({ proxy, address }))
  );
}

/** Runs `work` for all listeners at the same time; resolves with the reasons of those that failed. */
export async function eachListener(
  listeners: readonly SharedListener[],
  work: (listener: SharedListener) => Promise<string | null>,
): Promise<string[]> {
  const reasons = await Promise.all(listeners.map(work));
  return reasons.filter((reason) => reason !== null);
}
