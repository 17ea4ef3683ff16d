// The options every command accepts, before or after the subcommand. They are declared on
// each command of the tree; the occurrence nearest to the end of the line wins.

import { type Command, Option } from "commander";
import { milliseconds, StoredAs } from "./argument_parsers.ts";

/** Values of the global options; absent means "take the configured value". */
export interface GlobalOptions {
  readonly config?: string;
  /** Command socket of the running proxy, instead of the one that the file names. */
  readonly socket?: string;
  /** Wait per message in milliseconds; 0 = wait for ever. */
  readonly timeoutMs?: number;
  readonly json: boolean;
}

interface GlobalValues {
  readonly globalConfig?: string;
  readonly globalSocket?: string;
  readonly globalTimeout?: number;
  readonly globalJson?: boolean;
}

const GROUP = "Global options:";

/** Declares the global options on `program` and on every command below it, behind their own. */
export function declareGlobalOptions(program: Command): void {
  // Where a command has another `--timeout`, the global one has only its short form.
  const hasOwnTimeout = program.options.some(({ long }) => long === "--timeout");
  const timeout = new StoredAs(
    "globalTimeout",
    hasOwnTimeout ? "-t <ms>" : "-t, --timeout <ms>",
    "Wait for each answer, in milliseconds; 0 waits for ever (default: ctl_command_timeout; " +
      "shutdown, upgrade, reload and state: as long as they take)",
  ).argParser(milliseconds);
  const options = [
    new StoredAs("globalConfig", "-c, --config <file>", "Configuration file (or SOZU_CONFIG)"),
    new StoredAs(
      "globalSocket",
      "--socket <path>",
      "Command socket of the running sozu; needs no file",
    ),
    timeout,
    new StoredAs("globalJson", "-j, --json", "Print the answer as JSON"),
  ];
  for (const option of options) program.addOption(option.helpGroup(GROUP));
  program.addHelpOption(new Option("-h, --help", "Show this help").helpGroup(GROUP));
  for (const command of program.commands) declareGlobalOptions(command);
}

/** The global options in force for `command`. */
export function globalOptionsOf(command: Command): GlobalOptions {
  let config: string | undefined;
  let socket: string | undefined;
  let timeoutMs: number | undefined;
  let json = false;
  for (let level: Command | null = command; level !== null; level = level.parent) {
    const values = level.opts<GlobalValues>();
    config ??= values.globalConfig;
    socket ??= values.globalSocket;
    timeoutMs ??= values.globalTimeout;
    json ||= values.globalJson === true;
  }
  return {
    json,
    ...(config !== undefined && { config }),
    ...(socket !== undefined && { socket }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}
