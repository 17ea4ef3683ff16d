// Application logging: one LogTape configuration for the process, a filter that can change at run time, and one
// output that the process passes in. Access logs are separate.

import { configureSync, getLogger, type Logger, type LogRecord } from "@logtape/logtape";
import { levelOf, type LogDirective, type LogLevelName } from "./filter.ts";
import { formatJsonLine, formatLogLine, type LogLine } from "./line.ts";

/** The output of lines and their layout. */
export interface LogSetup {
  /** Tag of the process: `MAIN`, `WRK-00`. */
  readonly tag: string;
  readonly pid: number;
  readonly colored: boolean;
  readonly json: boolean;
  /** Takes one finished line, newline included; must neither block nor throw. */
  readonly writeLine: (line: string) => void;
}

/** The roots of the modules of main, and of the modules that carry traffic, as in sozu 2.1. */
const MAIN_ROOT = "sozu";
const TRAFFIC_ROOT = "sozu_lib";

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

/** The full name of a module, as filters use it: `supervisor::audit` is below `sozu`. */
export function moduleName(module: string): string {
  return `${rootOf(module)}::${module}`;
}

/** The logger of a module. */
export function loggerOf(module: string): Logger {
  return getLogger([rootOf(module), ...module.split("::")]);
}

function rootOf(module: string): string {
  return module === "log" || module.startsWith("supervisor") ? MAIN_ROOT : TRAFFIC_ROOT;
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
      ...[MAIN_ROOT, TRAFFIC_ROOT].map((root) => ({
        category: [root],
        lowestLevel: LOGTAPE_LEVELS[mostVerbose],
        sinks: ["output" as const],
        filters: ["directives" as const],
      })),
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["output"] },
    ],
  });
}

function directiveFilter(directives: readonly LogDirective[]): (record: LogRecord) => boolean {
  // Categories are few and fixed in the code, so the level of each is cached.
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

/** A line in the layout of `setup`. */
export function formatLine(setup: LogSetup, line: LogLine): string {
  return setup.json ? formatJsonLine(line) : formatLogLine(line, setup.colored);
}
