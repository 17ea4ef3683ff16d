// Log filters and log targets as values of the configuration file. Opening a target and applying a
// filter belong to the logger.

import { type Reader, reject } from "../fields.ts";
import { LOG_TARGET_FORMS, parseLogTarget } from "../../values/log_target.ts";

const LEVELS = ["off", "error", "warn", "info", "debug", "trace"];

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
    if (value.kind === "string" && parseLogTarget(value.value) !== null) return value.value;
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

function isLevel(word: string): boolean {
  return LEVELS.includes(word.trim().toLowerCase());
}
