// The configuration file of the main process: its path, how a file is read, and the state the file
// described when it was last read.

import { keptSettings } from "../../config/file/kept_settings.ts";
import { type Config, formatProblem, type ProbeFiles } from "../../config/file/load.ts";
import type { Request } from "../../config/schema/messages.ts";
import type { ConfigState } from "../../config/state/state.ts";
import { readServable, servableState } from "../configuration/servable.ts";

/** The requests of a configuration file, or its problems, one a line. */
export type FileRequests =
  | {
    readonly ok: true;
    readonly requests: readonly Request[];
    /** Keys of settings that differ from those in force and count from the next start on. */
    readonly kept: readonly string[];
    readonly probeFiles: readonly ProbeFiles[];
  }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The configuration file. */
export class ConfigurationFile {
  /** The path the main process was started with. */
  readonly path: string;
  /** The state the file described when it was last read. */
  state: ConfigState = servableState();

  /** The settings that the processes run with. */
  readonly #running: Config;

  constructor(path: string, running: Config) {
    this.path = path;
    this.#running = running;
  }

  /** Reads the configuration file at `path`, which may be another one than {@link path}. */
  async load(path: string): Promise<FileRequests> {
    const loaded = await readServable(path, Deno.cwd());
    if (!loaded.ok) return { ok: false, problems: loaded.errors.map(formatProblem) };
    const { config } = loaded;
    return {
      ok: true,
      requests: config.requests,
      kept: keptSettings(this.#running, config),
      probeFiles: config.probe_files,
    };
  }
}
