// The signals of the main process: SIGTERM and SIGINT stop, SIGHUP reloads, SIGUSR1 reopens logs.

import type { Supervisor } from "./supervisor.ts";

/** Installs the signal handlers; the returned function removes them. */
export function handleSignals(supervisor: Supervisor): () => void {
  const meanings = [
    ["SIGTERM", () => void supervisor.stop()],
    ["SIGINT", () => void supervisor.stop()],
    ["SIGHUP", () => void supervisor.reload()],
    ["SIGUSR1", () => supervisor.reopenLogs()],
  ] as const;
  for (const [signal, handler] of meanings) Deno.addSignalListener(signal, handler);
  return () => {
    for (const [signal, handler] of meanings) Deno.removeSignalListener(signal, handler);
  };
}
