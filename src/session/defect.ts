// Tells our own defects from connections that break, which is an ordinary end.

import { Counter, type Counters } from "../observe/metrics/counters.ts";

/** Broken connections surface as rejected reads and writes; anything else is our own defect. */
export function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}

/** Counts and reports `error`, which ended a session, if it is a defect; `what` names the session. */
export function reportDefect(error: unknown, counters: Counters, what: string): void {
  if (!isDefect(error)) return;
  counters.add(Counter.INTERNAL_ERRORS, 1);
  console.error(`${what} ended by an internal error:`, error);
}

/** Where it was noticed that a peer has reset its connection. */
export type ResetSeen = "read" | "write";

/** Whether `error` says that the peer has reset its connection, and not that we have closed it. */
export function isReset(error: unknown): boolean {
  return error instanceof Error &&
    /^(?:ConnectionReset|ConnectionAborted|BrokenPipe|ECONNRESET|ECONNABORTED|EPIPE)$/.test(
      codeOf(error),
    );
}

/** The same, if neither a read nor a write is known to have failed: only a write meets a broken pipe. */
export function resetSeen(error: unknown): ResetSeen {
  return error instanceof Error && /^(?:BrokenPipe|EPIPE)$/.test(codeOf(error)) ? "write" : "read";
}

/** Counts a peer that has reset a connection of TCP, or one inside TLS that ends here. */
export function countReset(counters: Counters, seen: ResetSeen, tls: boolean): void {
  const [read, write] = tls
    ? [Counter.TLS_READ_RESET, Counter.TLS_WRITE_RESET]
    : [Counter.TCP_READ_RESET, Counter.TCP_WRITE_RESET];
  counters.add(seen === "read" ? read : write, 1);
}

/** What Node calls an error, or else Deno. */
function codeOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : error.name;
}
