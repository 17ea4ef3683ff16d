// The listeners whose address several workers share. UDP listeners are not among them: Deno cannot share UDP sockets,
// so one worker has each.

import type { ConfigState } from "../../../config/state/state.ts";
import { ListenerType, type SocketAddress } from "../../../config/schema/messages.ts";
import type { SharedListener } from "./steps.ts";

/** The active shared listeners of a state. */
export function sharedListeners({ tables }: ConfigState): SharedListener[] {
  const { http, https, tcp } = tables.listeners;
  return [
    ...activeOf(ListenerType.HTTP, http.sorted()),
    ...activeOf(ListenerType.HTTPS, https.sorted()),
    ...activeOf(ListenerType.TCP, tcp.sorted()),
  ];
}

function activeOf(
  proxy: ListenerType,
  listeners: Iterable<{ readonly active: boolean; readonly address: SocketAddress }>,
): SharedListener[] {
  return [...listeners].filter(({ active }) => active).map(({ address }) => ({ proxy, address }));
}

/** Runs `work` for all listeners at the same time; resolves with the reasons of those that failed. */
export async function eachListener(
  listeners: readonly SharedListener[],
  work: (listener: SharedListener) => Promise<string | null>,
): Promise<string[]> {
  const reasons = await Promise.all(listeners.map(work));
  return reasons.filter((reason) => reason !== null);
}
