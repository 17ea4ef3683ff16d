// The application log of the main process: its output, its filter, and changes of the filter at run time.

import { parseLogTarget } from "../../config/values/log_target.ts";
import { openLogOutput, openProcessLog, type ProcessLogOutput } from "../io/log/open.ts";
import {
  applyLogging,
  formatLine,
  loggerOf,
  type LogSetup,
  moduleName,
} from "../observe/log/log.ts";
import { levelOf, LOG_LEVELS, type LogDirective, parseLogFilter } from "../observe/log/filter.ts";

/** The options of the log, with the names of the configuration file. */
export interface ProcessLogOptions {
  readonly target: string;
  readonly filter: string;
  readonly colored: boolean;
  readonly json: boolean;
}

/** Logging of this process. */
export class ProcessLog {
  readonly #output: ProcessLogOutput;
  readonly #setup: LogSetup;
  #filter: string;
  #directives: readonly LogDirective[];

  /** The valid parts of `filter` are used; `notices` has its errors. */
  constructor({ target, filter, colored, json }: ProcessLogOptions) {
    this.#output = openProcessLog(parseLogTarget(target), target, {
      failing: (problem) => console.error(problem),
      recovered: (dropped) => {
        if (dropped > 0) loggerOf("log").warn("{dropped} log lines were lost", { dropped });
      },
    });
    const { output, standard } = this.#output;
    this.#setup = {
      tag: "MAIN",
      pid: Deno.pid,
      colored: colored && standard,
      json,
      writeLine: output.writeLine,
    };
    this.#filter = filter;
    this.#directives = parseLogFilter(filter).directives;
    applyLogging(this.#setup, this.#directives);
  }

  /** Notices for the operator about the output and the filter. */
  get notices(): readonly string[] {
    const { errors } = parseLogFilter(this.#filter);
    return this.#output.notice === null ? errors : [this.#output.notice, ...errors];
  }

  /** The filter in force, as text: workers started later get the same. */
  get filter(): string {
    return this.#filter;
  }

  /** Puts a filter in force. A filter with errors changes nothing; they are returned. */
  change(filter: string): readonly string[] {
    const { directives, errors } = parseLogFilter(filter);
    if (errors.length > 0) return errors;
    this.#filter = filter;
    this.#directives = directives;
    // A successor begins with the filter in force.
    Deno.env.set("RUST_LOG", filter);
    applyLogging(this.#setup, directives);
    return [];
  }

  /** Whether lines of a module at info level are wanted. */
  wantsInfo(module: string): boolean {
    const level = levelOf(this.#directives, moduleName(module));
    return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf("info");
  }

  /**
   * Writes a line at info level, whatever the filter. It takes a tenth of the time of a logger; there may be tens of
   * thousands of such lines a second.
   */
  writeInfo(module: string, message: string): void {
    const { tag, pid, writeLine } = this.#setup;
    const time = performance.timeOrigin + performance.now();
    writeLine(
      formatLine(this.#setup, {
        time,
        pid,
        level: "info",
        tag,
        module: moduleName(module),
        message,
      }),
    );
  }

  /** Opens the file of the log anew, if there is one. */
  reopen(): void {
    this.#output.output.reopen();
  }

  /** Resolves when every line was written, or after a time limit. */
  flushed(): Promise<void> {
    return this.#output.output.flushed();
  }
}

/**
 * Why the workers could not open the target of their access log; `null` when they can. A receiver that is down is no
 * reason: the workers connect when it is up.
 */
export function accessTargetProblem(text: string | undefined): string | null {
  if (text === undefined) return null;
  const target = parseLogTarget(text);
  if (target === null) return `access_logs_target "${text}" is no log target`;
  const opened = openLogOutput(target);
  if (typeof opened === "string") return opened;
  opened.close();
  return null;
}
