// What the kernel tells about the queue of one listening socket: connections that are established and
// that nobody has accepted.

import type { Endpoint } from "../contracts.ts";
import { listeningRows } from "./rows.ts";

/**
 * Whether no connection waits at the socket named `inode`; `true` also when that cannot be told, because
 * the socket is not known or the system has no list.
 */
export function acceptQueueIsEmpty(endpoint: Endpoint, inode: number | null): boolean {
  const row = listeningRows(endpoint)?.find((candidate) => candidate.inode === inode);
  return row === undefined || row.waiting === 0;
}

/** Whether the socket named `inode` still takes part in the address. */
export function isListening(endpoint: Endpoint, inode: number): boolean {
  return listeningRows(endpoint)?.some((row) => row.inode === inode) ?? false;
}
