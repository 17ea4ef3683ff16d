// `sozu state`: saves, loads and counts the configuration in force.

import type { Command } from "commander";
import { resolvePath } from "../../../config/file/path.ts";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";

/** Adds the family to the tree. */
export function registerState(program: Command, host: CommandHost): void {
  const state = subcommand(program, "state", "Save, load or count the runtime configuration");

  subcommand(state, "save", "Write the current configuration to a file")
    .requiredOption("-f, --file <path>", "File to write (by the main process)")
    .action((options: { file: string }, command: Command) =>
      // The main process has another working directory, so the path is completed here.
      host.send(command, ({ cwd }) => ({
        request_type: { kind: "save_state", value: resolvePath(cwd, options.file) },
      }), { deadline: "none" })
    );

  subcommand(state, "load", "Add the configuration of a saved file to the current one")
    .requiredOption("-f, --file <path>", "File to read, seen from the directory sozu runs in")
    .action((options: { file: string }, command: Command) =>
      host.send(
        command,
        () => ({ request_type: { kind: "load_state", value: options.file } }),
        { deadline: "none" },
      )
    );

  subcommand(state, "stats", "Count the configuration requests received since the start")
    .action((_options: unknown, command: Command) =>
      host.send(command, () => ({ request_type: { kind: "count_requests", value: {} } }))
    );
}
