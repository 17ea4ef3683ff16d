// The application log of the main process: its output, its filter, and the change of the filter
// while it runs.

import { type LogOutput, openLogOutput } from "../io/log_output.ts";
import { applyLogging, type LogSetup } from "../observe/log.ts";
import { parseLogFilter } from "../observe/log_filter.ts";

/** Logging of this process. */
export class ProcessLog {
  readonly #output: LogOutput;
  readonly #setup: LogSetup;
  #filter: string;

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
    applyLogging(this.#setup, parseLogFilter(filter).directives);
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
    applyLogging(this.#setup, directives);
    return [];
  }

  /** Resolves when every line was written. */
  flushed(): Promise<void> {
    return this.#output.flushed();
  }
}
