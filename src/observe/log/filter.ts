// The grammar of the log filter: a list of `LEVEL` or `module=LEVEL`, separated by commas; the last one that matches
// decides. Text in, levels out.

/** Levels from the quietest to the most verbose. */
export const LOG_LEVELS = ["off", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevelName = typeof LOG_LEVELS[number];

/** One part of a filter; an empty `module` is every module. */
export interface LogDirective {
  readonly module: string;
  readonly level: LogLevelName;
}

/** A filter and its errors. */
export interface ParsedLogFilter {
  readonly directives: readonly LogDirective[];
  /** Empty when the text is valid. At start a filter with errors is used; at run time it is refused. */
  readonly errors: readonly string[];
}

/**
 * Reads a filter. A part that is wrong is dropped, except a bare word that is no level, which
 * becomes the most verbose level; each such part is reported.
 */
export function parseLogFilter(text: string): ParsedLogFilter {
  const errors: string[] = [];
  const directives: LogDirective[] = [];
  const [list = "", ...suffixes] = text.split("/");
  if (suffixes.length > 1) errors.push(`Log filter "${text}" has more than one "/"`);
  for (const part of list.split(",").map((directive) => directive.trim())) {
    if (part === "") continue;
    const sides = part.split("=").map((side) => side.trim());
    const [first = "", second] = sides;
    if (sides.length > 2) {
      errors.push(`Log directive "${part}" has more than one "="`);
    } else if (second === undefined) {
      const level = levelNamed(first);
      if (level === null) errors.push(invalidLevel(first));
      directives.push({ module: "", level: level ?? "trace" });
    } else {
      const level = second === "" ? "trace" : levelNamed(second);
      if (level === null) errors.push(invalidLevel(second));
      else directives.push({ module: first, level });
    }
  }
  return { directives, errors };
}

/** The level of a module: of the last directive whose name starts its path; none is `off`. */
export function levelOf(directives: readonly LogDirective[], modulePath: string): LogLevelName {
  return directives.findLast(({ module }) => modulePath.startsWith(module))?.level ?? "off";
}

function levelNamed(word: string): LogLevelName | null {
  const lower = word.toLowerCase();
  return LOG_LEVELS.find((level) => level === lower) ?? null;
}

function invalidLevel(word: string): string {
  return `Invalid log level "${word}": expected one of ${LOG_LEVELS.join(", ")}`;
}
