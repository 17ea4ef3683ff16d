// The accept queue that the kernel keeps for a listening socket: connections that are established and not
// accepted yet.

import type { Endpoint } from "../contracts.ts";
import { listeningRows } from "./rows.ts";

/**
 * Whether no connection waits at the socket with this inode; `true` also when the socket is not found or the
 * system has no list.
 */
export function acceptQueueIsEmpty(endpoint: Endpoint, inode: number | null): boolean {
  const row = listeningRows(endpoint)?.find((candidate) => candidate.inode === inode);
  return row === undefined || row.waiting === 0;
}

/** Whether the socket with this inode still listens on the address. */
export function isListening(endpoint: Endpoint, inode: number): boolean {
  return listeningRows(endpoint)?.some((row) => row.inode === inode) ?? false;
}
