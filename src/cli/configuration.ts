// Finds the configuration file of a command and reads what the command needs: the whole file for `config check`,
// the settings of the command socket for all other commands.

import {
  type Config,
  type ConfigProblem,
  formatProblem,
  type LoadResult,
} from "../../config/file/load.ts";
import {
  type CommandSettings,
  commandSettings,
  readCommandSettings,
} from "../../config/file/command_settings.ts";
import { resolvePath } from "../../config/file/path.ts";
import { readServable } from "../configuration/servable.ts";
import type { CliEnvironment } from "./environment.ts";
import { printable } from "./render/printable.ts";
import type { GlobalOptions } from "./options/global_options.ts";
import { CommandProblem } from "./problem.ts";

/** The settings for reaching a running proxy. */
export interface CommandTarget {
  readonly settings: CommandSettings;
  /** The configuration file they come from; absent with `--socket` alone. */
  readonly configPath?: string;
  /** Errors of the file in these settings, which then have their defaults. */
  readonly warnings: readonly string[];
}

/** A loaded file with its warnings, or why there is none: one message for each problem. */
export type Loading =
  | { readonly ok: true; readonly config: Config; readonly warnings: string[] }
  | { readonly ok: false; readonly problems: string[]; readonly warnings: string[] };

/** The path given with `--config`, else the one in SOZU_CONFIG. */
export function configPath(
  option: string | undefined,
  environment: Pick<CliEnvironment, "variable">,
): string | CommandProblem {
  const path = option ?? environment.variable("SOZU_CONFIG");
  if (path !== undefined && path !== "") return path;
  return new CommandProblem(
    "No configuration file is named: pass --config FILE or set SOZU_CONFIG",
    "configuration",
  );
}

/** Reads the configuration file like `start`, with every check that `start` makes. */
export async function checkConfiguration(
  option: string | undefined,
  environment: CliEnvironment,
): Promise<Loading> {
  const path = configPath(option, environment);
  if (path instanceof CommandProblem) return refused(path.message);
  return loadingOf(await readServable(path, environment.cwd));
}

/** The settings of the command socket: from `--socket`, else from the configuration file. */
export function commandTarget(
  options: Pick<GlobalOptions, "config" | "socket">,
  environment: CliEnvironment,
): CommandTarget | CommandProblem {
  const { cwd } = environment;
  const socket = options.socket === undefined ? undefined : resolvePath(cwd, options.socket);
  const path = configPath(options.config, environment);
  const bare = socket === undefined ? null : { settings: commandSettings(socket), warnings: [] };
  if (path instanceof CommandProblem) {
    const way = `${path.message}, or --socket PATH to reach a running sozu without one`;
    return bare ?? new CommandProblem(way, path.kind);
  }
  const text = readText(path, environment);
  if (text instanceof CommandProblem) {
    // With `--socket`, a missing file from SOZU_CONFIG is no error.
    return options.config === undefined && bare !== null ? bare : orSocket(text);
  }
  const reading = readCommandSettings(text, { path, cwd });
  if (!reading.ok) return bare ?? orSocket(new CommandProblem(lineOf(reading.problem)));
  const settings = socket === undefined
    ? reading.settings
    : { ...reading.settings, command_socket: socket };
  return { settings, configPath: path, warnings: reading.ignored.map(lineOf) };
}

function orSocket({ message }: CommandProblem): CommandProblem {
  return new CommandProblem(
    `${message}. Without the file, name the command socket of the running sozu: --socket PATH`,
    "configuration",
  );
}

function readText(path: string, environment: CliEnvironment): string | CommandProblem {
  try {
    return environment.readTextFile(path);
  } catch (error) {
    return new CommandProblem(`Cannot read the configuration file "${path}": ${reason(error)}`);
  }
}

function loadingOf(result: LoadResult): Loading {
  const warnings = result.warnings.map(lineOf);
  if (result.ok) return { ok: true, config: result.config, warnings };
  return { ok: false, problems: result.errors.map(lineOf), warnings };
}

/** The error of a failed file access, without its number and without the path. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(os error [0-9]+\)[^]*$/, "");
}

function refused(message: string): Loading {
  return { ok: false, problems: [printable(message)], warnings: [] };
}

function lineOf(problem: ConfigProblem): string {
  return printable(formatProblem(problem));
}
