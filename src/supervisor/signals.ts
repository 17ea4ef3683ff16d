// What signals mean to the main process.

import type { Supervisor } from "./supervisor.ts";

/** Obeys signals from now on; returns how to stop that. */
export function obeySignals(supervisor: Supervisor): () => void {
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
