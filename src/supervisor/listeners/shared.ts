// The listeners whose address several workers share. UDP is none of them: the runtime cannot share its
// sockets, so one worker has each.

import type { ConfigState } from "../../../config/state/state.ts";
import { ListenerType, type SocketAddress } from "../../../config/schema/messages.ts";
import type { SharedListener } from "./steps.ts";

/** The active ones of a state. */
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

/** Does something for every listener at once; resolves with the reasons of those that failed. */
export async function eachListener(
  listeners: readonly SharedListener[],
  work: (listener: SharedListener) => Promise<string | null>,
): Promise<string[]> {
  const reasons = await Promise.all(listeners.map(work));
  return reasons.filter((reason) => reason !== null);
}
