// The top-level commands about the running process: status, shutdown, logging, reload.

import type { Command } from "commander";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import { HARD_STOP, reloadConfiguration, SOFT_STOP } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";

/** Adds the commands to the tree. */
export function registerLifecycle(program: Command, host: CommandHost): void {
  subcommand(program, "status", "Show the workers and whether they answer")
    .action((_options: unknown, command: Command) =>
      host.send(command, () => ({ request_type: { kind: "status", value: {} } }))
    );

  subcommand(program, "shutdown", "Stop sozu once running requests are finished")
    .option("--hard", "Stop at once, cutting connections")
    .action((options: { hard?: boolean }, command: Command) =>
      host.send(command, () => requestOf(options.hard === true ? HARD_STOP : SOFT_STOP), {
        deadline: "none",
      })
    );

  subcommand(program, "logging", "Change what is logged, in every process, at once")
    .argument("<filter>", 'A level, or a list such as "info,routing=debug"')
    .action((filter: string, _options: unknown, command: Command) =>
      host.send(command, () => ({ request_type: { kind: "Logging", value: filter } }))
    );

  subcommand(program, "reload", "Apply a configuration file on top of the current state")
    .option(
      "-f, --file <path>",
      "File to apply, seen from the directory sozu runs in (default: replay the one it started with)",
    )
    .action((options: { file?: string }, command: Command) =>
      host.send(command, () => requestOf(reloadConfiguration(options.file ?? "")), {
        deadline: "none",
      })
    );
}
