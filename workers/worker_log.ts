// The log of a worker: its output, its filter, and changes of the filter at run time.

import manifest from "../deno.json" with { type: "json" };
import { parseLogTarget } from "../config/values/log_target.ts";
import { ProtobufAccessLogFormat, type ServerConfig } from "../config/schema/messages.ts";
import { openProcessLog } from "../src/io/log/open.ts";
import type { LogOutput } from "../src/io/log/output.ts";
import { applyLogging, loggerOf, type LogSetup } from "../src/observe/log/log.ts";
import { type LogDirective, parseLogFilter } from "../src/observe/log/filter.ts";
import type { Outlet } from "./outlet.ts";

/** Logging of this process. */
export class WorkerLog {
  /** The tag of this process in log lines: `WRK-00`. */
  readonly tag: string;
  /** Version of the program. */
  readonly version: string = manifest.version;
  readonly output: LogOutput;
  /** Lines go to standard error. */
  readonly standard: boolean;
  readonly #setup: LogSetup;
  /** Every output for lines of this process. */
  readonly #outlets: Outlet[];
  #directives: readonly LogDirective[] = [];
  #onFilter: (directives: readonly LogDirective[]) => void = () => {};

  constructor(id: number, config: ServerConfig) {
    const target = config.log_target;
    const { output, standard, notice } = openProcessLog(parseLogTarget(target), target, {
      failing: (problem) => console.error(problem),
      recovered: (dropped) => {
        if (dropped > 0) loggerOf("log").warn("{dropped} log lines were lost", { dropped });
      },
      dropped: (count) => this.onLost(count),
    });
    this.tag = `WRK-${String(id).padStart(2, "0")}`;
    this.output = output;
    this.#outlets = [output];
    this.standard = standard;
    this.#setup = {
      tag: this.tag,
      pid: Deno.pid,
      colored: config.log_colored && standard,
      json: config.log_format === ProtobufAccessLogFormat.Json,
      writeLine: output.writeLine,
    };
    this.#use(parseLogFilter(config.log_level).directives);
    if (notice !== null) loggerOf("worker").warn("{notice}", { notice });
  }

  /** Called when lines were lost. */
  onLost: (count: number) => void = () => {};

  /** Adds an output, which is reopened and flushed with the others. */
  adopt(outlet: Outlet): void {
    this.#outlets.push(outlet);
  }

  /** Opens the files of the logs anew. */
  reopen(): void {
    for (const outlet of this.#outlets) outlet.reopen();
  }

  /** Resolves when everything was written, or after a time limit. */
  async flushed(): Promise<void> {
    await Promise.all(this.#outlets.map((outlet) => outlet.flushed()));
  }

  /** Calls `onFilter` with the filter in force, now and after every change. */
  watchFilter(onFilter: (directives: readonly LogDirective[]) => void): void {
    this.#onFilter = onFilter;
    onFilter(this.#directives);
  }

  /** Puts a filter in force. A filter with errors changes nothing; they are returned. */
  readonly changeFilter = (filter: string): readonly string[] => {
    const { directives, errors } = parseLogFilter(filter);
    if (errors.length === 0) this.#use(directives);
    return errors;
  };

  #use(directives: readonly LogDirective[]): void {
    this.#directives = directives;
    applyLogging(this.#setup, directives);
    this.#onFilter(directives);
  }
}
