// Application logging: the log of each module, a filter that can change at run time, and one output that the process
// passes in. Access logs are separate. A library would do the same for three megabytes in each process.

import { levelOf, type LogDirective, type LogLevelName } from "./filter.ts";
import { formatJsonLine, formatLogLine, type LogLine, type RecordLevel } from "./line.ts";
import { fillMessage } from "./message.ts";
import type { LogValues, ModuleLog } from "./module_log.ts";

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

const VERBOSITY: Readonly<Record<LogLevelName, number>> = {
  off: 0,
  error: 1,
  warn: 2,
  info: 3,
  debug: 4,
  trace: 5,
};

/** What is in force for every log of the process. */
class Logging {
  #setup: LogSetup | null = null;
  #directives: readonly LogDirective[] = [];
  /** Modules are few and fixed in the code, so the level of each is kept. */
  readonly #verbosities = new Map<string, number>();

  use(setup: LogSetup | null, directives: readonly LogDirective[]): void {
    this.#setup = setup;
    this.#directives = directives;
    this.#verbosities.clear();
  }

  /** Where lines of this level go that `module` writes; `null`: nowhere. */
  outputOf(module: string, level: LogLevelName): LogSetup | null {
    if (this.#setup === null) return null;
    let verbosity = this.#verbosities.get(module);
    if (verbosity === undefined) {
      verbosity = VERBOSITY[levelOf(this.#directives, module)];
      this.#verbosities.set(module, verbosity);
    }
    return VERBOSITY[level] <= verbosity ? this.#setup : null;
  }
}

/** One for the process: modules take their logs before it is known where lines go. */
const LOGGING = new Logging();

class Log implements ModuleLog {
  readonly #module: string;

  constructor(module: string) {
    this.#module = module;
  }

  debug(message: string, values?: LogValues): void {
    this.#write("debug", "debug", message, values);
  }

  info(message: string, values?: LogValues): void {
    this.#write("info", "info", message, values);
  }

  warn(message: string, values?: LogValues): void {
    this.#write("warn", "warning", message, values);
  }

  error(message: string, values?: LogValues): void {
    this.#write("error", "error", message, values);
  }

  isEnabledFor(level: "debug"): boolean {
    return LOGGING.outputOf(this.#module, level) !== null;
  }

  #write(
    threshold: LogLevelName,
    level: RecordLevel,
    message: string,
    values: LogValues = {},
  ): void {
    const setup = LOGGING.outputOf(this.#module, threshold);
    if (setup === null) return;
    const text = fillMessage(message, values);
    const { pid, tag } = setup;
    const line = { time: Date.now(), pid, level, tag, module: this.#module, message: text };
    setup.writeLine(formatLine(setup, line));
  }
}

/** The full name of a module, as filters use it: `supervisor::audit` is below `sozu`. */
export function moduleName(module: string): string {
  return `${rootOf(module)}::${module}`;
}

/** The log of a module. */
export function loggerOf(module: string): ModuleLog {
  return new Log(moduleName(module));
}

function rootOf(module: string): string {
  return module === "log" || module.startsWith("supervisor") ? MAIN_ROOT : TRAFFIC_ROOT;
}

/** Puts `directives` in force for the whole process, replacing what was in force before. */
export function applyLogging(setup: LogSetup, directives: readonly LogDirective[]): void {
  LOGGING.use(setup, directives);
}

/** Ends logging: from now on lines go nowhere. */
export function endLogging(): void {
  LOGGING.use(null, []);
}

/** A line in the layout of `setup`. */
export function formatLine(setup: LogSetup, line: LogLine): string {
  return setup.json ? formatJsonLine(line) : formatLogLine(line, setup.colored);
}
