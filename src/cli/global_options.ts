// The three options every command accepts, before or after the subcommand. They are declared on
// each command of the tree; the occurrence nearest to the end of the line wins.

import { type Command, Option } from "commander";
import { milliseconds, StoredAs } from "./argument_parsers.ts";

/** Values of the global options; absent means "take the configured value". */
export interface GlobalOptions {
  readonly config?: string;
  /** Wait per message in milliseconds; 0 = wait for ever. */
  readonly timeoutMs?: number;
  readonly json: boolean;
}

/** Which spellings of the timeout a command leaves to the global option. */
export type TimeoutSpelling = "-t, --timeout <ms>" | "-t <ms>";

const GROUP = "Global options:";

/** Creates a subcommand that knows the global options. */
export function subcommand(
  parent: Command,
  nameAndArguments: string,
  description: string,
  timeoutSpelling: TimeoutSpelling = "-t, --timeout <ms>",
): Command {
  const command = parent.command(nameAndArguments).description(description);
  declareGlobalOptions(command, timeoutSpelling);
  return command;
}

/** Declares the global options on `command`. */
export function declareGlobalOptions(
  command: Command,
  timeoutSpelling: TimeoutSpelling = "-t, --timeout <ms>",
): void {
  const timeout = new StoredAs(
    "globalTimeout",
    timeoutSpelling,
    "Wait for each answer, in milliseconds; 0 waits for ever (default: ctl_command_timeout)",
  );
  command
    .addOption(
      new StoredAs("globalConfig", "-c, --config <file>", "Configuration file (or SOZU_CONFIG)")
        .helpGroup(GROUP),
    )
    .addOption(timeout.argParser(milliseconds).helpGroup(GROUP))
    .addOption(
      new StoredAs("globalJson", "-j, --json", "Print the answer as JSON").helpGroup(GROUP),
    )
    .addHelpOption(new Option("-h, --help", "Show this help").helpGroup(GROUP));
}

/** The global options in force for `command`. */
export function globalOptionsOf(command: Command): GlobalOptions {
  let config: string | undefined;
  let timeoutMs: number | undefined;
  let json = false;
  for (let level: Command | null = command; level !== null; level = level.parent) {
    const values = level.opts<
      { globalConfig?: string; globalTimeout?: number; globalJson?: boolean }
    >();
    config ??= values.globalConfig;
    timeoutMs ??= values.globalTimeout;
    json ||= values.globalJson === true;
  }
  return {
    json,
    ...(config !== undefined && { config }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}
