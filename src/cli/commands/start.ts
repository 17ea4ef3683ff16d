// `sozu start` in the command tree: its help, and its start. The supervisor, which does it, is loaded only for this
// command.

import type { Command } from "commander";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";

/** Adds the command to the tree. */
export function registerStart(program: Command, host: CommandHost): void {
  subcommand(program, "start", "Run the proxy in the foreground: the main process and its workers")
    .action((_options: unknown, command: Command) => host.start(command));
}
