// Finding and loading the configuration file for a command.

import {
  type Config,
  type ConfigProblem,
  formatProblem,
  loadConfig,
  type LoadResult,
} from "../../config/file.ts";
import { readServable } from "../configuration/servable.ts";
import type { CliEnvironment } from "./environment.ts";
import { printable } from "./printable.ts";
import { CommandProblem } from "./problem.ts";

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
  );
}

/** Reads the configuration file as `start` does, with everything that would keep it from serving. */
export function checkConfiguration(
  option: string | undefined,
  environment: CliEnvironment,
): Loading {
  const path = configPath(option, environment);
  if (path instanceof CommandProblem) return refused(path.message);
  return loadingOf(readServable(path, environment.cwd));
}

/** Reads and validates the configuration file. */
export function loadConfiguration(
  option: string | undefined,
  environment: CliEnvironment,
): Loading {
  const path = configPath(option, environment);
  if (path instanceof CommandProblem) return refused(path.message);
  let text: string;
  try {
    text = environment.readTextFile(path);
  } catch (error) {
    return refused(`Cannot read the configuration file "${path}": ${reason(error)}`);
  }
  const result = loadConfig(text, {
    path,
    cwd: environment.cwd,
    readFile: (name) => environment.readTextFile(name),
  });
  return loadingOf(result);
}

function loadingOf(result: LoadResult): Loading {
  const warnings = result.warnings.map(lineOf);
  if (result.ok) return { ok: true, config: result.config, warnings };
  return { ok: false, problems: result.errors.map(lineOf), warnings };
}

/** What the system says about a failed file access, without its error number and the path again. */
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
