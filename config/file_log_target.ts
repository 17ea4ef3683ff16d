// The grammar of log filters and log targets, for checking what a file says. Opening a target and
// applying a filter belong to the logger.

import { parseAddress } from "./address.ts";
import { type Reader, reject } from "./file_fields.ts";

const LEVELS = ["off", "error", "warn", "info", "debug", "trace"];

/** What a log target may look like, for messages. */
export const LOG_TARGET_FORMS =
  "'stdout', 'udp://IP:PORT', 'tcp://HOST:PORT', 'unix://PATH' or 'file://PATH'";

/** A log filter: `LEVEL` and `module=LEVEL` directives separated by commas, one `/` part at most. */
export const logFilter: Reader<string> = {
  accepts: "levels separated by commas, each off, error, warn, info, debug, trace or module=LEVEL",
  read(value, place, problems) {
    if (value.kind === "string" && isLogFilter(value.value)) return value.value;
    return reject(value, this.accepts, place, problems);
  },
};

/** A log sink in one of the known forms. */
export const logTarget: Reader<string> = {
  accepts: LOG_TARGET_FORMS,
  read(value, place, problems) {
    if (value.kind === "string" && isLogTarget(value.value)) return value.value;
    return reject(value, LOG_TARGET_FORMS, place, problems);
  },
};

/** Whether the text is a log filter; the empty one is, and means the default. */
export function isLogFilter(text: string): boolean {
  const parts = text.split("/");
  if (parts.length > 2) return false;
  return (parts[0] as string).split(",").every((directive) => {
    if (directive.trim() === "") return true;
    const [first = "", level, ...more] = directive.split("=");
    if (more.length > 0) return false;
    return level === undefined ? isLevel(first) : level.trim() === "" || isLevel(level);
  });
}

/** Whether the text names a sink the logger can open. */
export function isLogTarget(text: string): boolean {
  if (text === "stdout") return true;
  if (text.startsWith("udp://")) return parseAddress(text.slice(6)) !== null;
  if (text.startsWith("tcp://")) return /^[^\s/]+:\d{1,5}$/.test(text.slice(6));
  return /^(unix|file):\/\/[^\0]+$/.test(text);
}

function isLevel(word: string): boolean {
  return LEVELS.includes(word.trim().toLowerCase());
}
