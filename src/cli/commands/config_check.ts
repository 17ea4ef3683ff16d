// `sozu config`: questions about the configuration file, answered without a running sozu.

import type { Command } from "commander";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";

/** Adds the family to the tree. */
export function registerConfig(program: Command, host: CommandHost): void {
  const config = subcommand(program, "config", "Check the configuration file");
  subcommand(config, "check", "Print every problem in the configuration file")
    .action((_options: unknown, command: Command) => host.checkConfig(command));
}
