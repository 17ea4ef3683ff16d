// The messages of the log: a text in which names in braces stand for values.

import type { LogValues } from "./module_log.ts";

const NAME = /\{(\w+)\}/g;

/** `message` with its values in the place of their `{names}`; a name without a value stays as it is. */
export function fillMessage(message: string, values: LogValues): string {
  return message.replace(
    NAME,
    (whole, name) => Object.hasOwn(values, name) ? text(values[name]) : whole,
  );
}

/** Never throws: a value that cannot be told must not end what it was to be told about. */
function text(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "(not to be told)";
  }
}
