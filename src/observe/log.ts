// Application logging: one LogTape configuration for the whole process, a filter that can change
// while it runs, and one output that the process injects. Access logs are not written here.

import { configureSync, getLogger, type Logger, type LogRecord } from "@logtape/logtape";
import { levelOf, type LogDirective, type LogLevelName } from "./log_filter.ts";
import { formatJsonLine, formatLogLine, type LogLine } from "./log_line.ts";

/** Where lines go and how they look. */
export interface LogSetup {
  /** Which process speaks: `MAIN`, `WRK-00`. */
  readonly tag: string;
  readonly pid: number;
  readonly colored: boolean;
  readonly json: boolean;
  /** Takes one finished line, newline included; must neither block nor throw. */
  readonly writeLine: (line: string) => void;
}

/** Name of the category every logger of this program is under. */
const ROOT = "sozu";

const LOGTAPE_LEVELS = {
  off: null,
  error: "error",
  warn: "warning",
  info: "info",
  debug: "debug",
  trace: "trace",
} as const;

const SEVERITY: Readonly<Record<LogRecord["level"], number>> = {
  fatal: 1,
  error: 1,
  warning: 2,
  info: 3,
  debug: 4,
  trace: 5,
};

const VERBOSITY: Readonly<Record<LogLevelName, number>> = {
  off: 0,
  error: 1,
  warn: 2,
  info: 3,
  debug: 4,
  trace: 5,
};

/** The name of a module below the program's own name, as filters know it. */
export function moduleName(module: string): string {
  return `${ROOT}::${module}`;
}

/** The logger of a module, named below the program's own name. */
export function loggerOf(module: string): Logger {
  return getLogger([ROOT, ...module.split("::")]);
}

/** Puts `directives` in force for the whole process, replacing what was configured before. */
export function applyLogging(setup: LogSetup, directives: readonly LogDirective[]): void {
  const mostVerbose = directives.reduce<LogLevelName>(
    (most, { level }) => VERBOSITY[level] > VERBOSITY[most] ? level : most,
    "off",
  );
  const sink = (record: LogRecord) => setup.writeLine(formatRecord(setup, record));
  configureSync({
    reset: true,
    sinks: { output: sink },
    filters: { directives: directiveFilter(directives) },
    loggers: [
      {
        category: [ROOT],
        lowestLevel: LOGTAPE_LEVELS[mostVerbose],
        sinks: ["output"],
        filters: ["directives"],
      },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["output"] },
    ],
  });
}

function directiveFilter(directives: readonly LogDirective[]): (record: LogRecord) => boolean {
  // Categories are few and fixed in the code; the answer for each is worth keeping.
  const known = new Map<string, number>();
  return (record) => {
    const module = record.category.join("::");
    let verbosity = known.get(module);
    if (verbosity === undefined) {
      verbosity = VERBOSITY[levelOf(directives, module)];
      known.set(module, verbosity);
    }
    return SEVERITY[record.level] <= verbosity;
  };
}

function formatRecord(setup: LogSetup, record: LogRecord): string {
  return formatLine(setup, {
    time: record.timestamp,
    pid: setup.pid,
    level: record.level,
    tag: setup.tag,
    module: record.category.join("::"),
    message: record.message.map(String).join(""),
  });
}

/** A line as `setup` wants it. */
export function formatLine(setup: LogSetup, line: LogLine): string {
  return setup.json ? formatJsonLine(line) : formatLogLine(line, setup.colored);
}
