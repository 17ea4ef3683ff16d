// The entry of the command line: arguments in, exit code out.

import { CommanderError } from "commander";
import { type CliEnvironment, denoEnvironment } from "./environment.ts";
import { problemJson } from "./render/json_output.ts";
import { buildProgram } from "./program.ts";
import { Runner, type Starters } from "./runner.ts";

/** Exit codes of every command. */
const EXIT_OK = 0;
const EXIT_SYNTAX_ERROR = 2;

/**
 * Executes one command line (without the name of the program). `starters` run `start` and `connector`.
 * Resolves with the exit code: 0 success, 1 the command failed, 2 it was not understood.
 */
export async function runCli(args: string[], starters: Starters): Promise<number> {
  const environment = denoEnvironment();
  try {
    return await runCliIn(environment, args, starters);
  } finally {
    environment.release();
  }
}

/** Like `runCli`, in the given environment. */
export async function runCliIn(
  environment: CliEnvironment,
  args: string[],
  starters: Starters,
): Promise<number> {
  const runner = new Runner(environment, starters);
  const json = asksForJson(args);
  const program = buildProgram(
    runner,
    json ? { stdout: (text) => environment.stdout(text), stderr: () => {} } : environment,
  );
  try {
    await program.parseAsync(args, { from: "user" });
    return runner.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // `--help` and `--version` end with 0; help because no command was given ends with 2.
    if (error.exitCode === 0) return EXIT_OK;
    if (json) environment.stderr(problemJson("usage", usageProblem(error)) + "\n");
    return EXIT_SYNTAX_ERROR;
  }
}

/** Whether a command line asks for JSON, also when it cannot be parsed. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  return options.some((arg) => arg === "--json" || arg === "-j");
}

function usageProblem({ code, message }: CommanderError): string {
  if (code === "commander.help") return "A command is missing: see sozu --help";
  return message.replace(/^error: /, "");
}
