// The application log of the main process: its output, its filter, and the change of the filter
// while it runs.

import { type LogOutput, openLogOutput } from "../io/log_output.ts";
import { applyLogging, type LogSetup, moduleName } from "../observe/log.ts";
import { levelOf, LOG_LEVELS, type LogDirective, parseLogFilter } from "../observe/log_filter.ts";
import { formatLogLine } from "../observe/log_line.ts";

/** Logging of this process. */
export class ProcessLog {
  readonly #output: LogOutput;
  readonly #setup: LogSetup;
  #filter: string;
  #directives: readonly LogDirective[];

  /** `filter` is used as far as it is right; `notices` says what is not. */
  constructor(target: string, filter: string, colored: boolean) {
    this.#output = openLogOutput(target);
    this.#setup = {
      tag: "MAIN",
      pid: Deno.pid,
      colored: colored && target === "stdout",
      writeLine: this.#output.writeLine,
    };
    this.#filter = filter;
    this.#directives = parseLogFilter(filter).directives;
    applyLogging(this.#setup, this.#directives);
  }

  /** What the operator should know about the set-up. */
  get notices(): readonly string[] {
    const { errors } = parseLogFilter(this.#filter);
    return this.#output.notice === null ? errors : [this.#output.notice, ...errors];
  }

  /** The filter in force, as text: workers started later get the same. */
  get filter(): string {
    return this.#filter;
  }

  /** Puts a filter in force; when something is wrong with it, nothing changes. */
  change(filter: string): readonly string[] {
    const { directives, errors } = parseLogFilter(filter);
    if (errors.length > 0) return errors;
    this.#filter = filter;
    this.#directives = directives;
    applyLogging(this.#setup, directives);
    return [];
  }

  /** Whether lines of a module at info level are wanted. */
  wantsInfo(module: string): boolean {
    const level = levelOf(this.#directives, moduleName(module));
    return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf("info");
  }

  /**
   * Writes a line at info level, whether wanted or not. It takes a tenth of the time of a logger, for
   * lines of which there may be tens of thousands a second.
   */
  writeInfo(module: string, message: string): void {
    const { tag, pid, colored, writeLine } = this.#setup;
    const time = performance.timeOrigin + performance.now();
    writeLine(
      formatLogLine(
        { time, pid, level: "info", tag, module: moduleName(module), message },
        colored,
      ),
    );
  }

  /** Resolves when every line was written. */
  flushed(): Promise<void> {
    return this.#output.flushed();
  }
}
