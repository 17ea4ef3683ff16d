// `sozu start` as seen by the command tree: its help, and a way in when a global option comes
// before it. The work is done by the supervisor, loaded only when it is needed.

import type { Command } from "commander";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";

/** Adds the command to the tree. */
export function registerStart(program: Command, host: CommandHost): void {
  subcommand(program, "start", "Run the proxy in the foreground: the main process and its workers")
    .action((_options: unknown, command: Command) => host.start(command));
}
