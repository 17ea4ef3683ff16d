// Which settings of a file a running proxy does not take over: processes have them from their start.

import type { GlobalSettings } from "./config.ts";

/** Keys that reach the proxy as a part of listeners, or that only the command line reads. */
const TAKEN: ReadonlySet<string> = new Set([
  "front_timeout",
  "back_timeout",
  "connect_timeout",
  "request_timeout",
  "activate_listeners",
  "ctl_command_timeout",
  "config_path",
  "requests",
  "probe_files",
]);

/** The keys that the file has other values for than the running processes, by name. */
export function keptSettings(running: GlobalSettings, wanted: GlobalSettings): string[] {
  const [ours, theirs] = [running, wanted] as unknown as Readonly<Record<string, unknown>>[];
  const keys = new Set([...Object.keys(running), ...Object.keys(wanted)]);
  return [...keys]
    .filter((key) => !TAKEN.has(key) && written(ours?.[key]) !== written(theirs?.[key]))
    .sort();
}

/** A value as text. Keys that are absent and keys that hold nothing are alike. */
function written(value: unknown): string | undefined {
  return JSON.stringify(value, (_, held) => typeof held === "bigint" ? `${held}n` : held);
}
