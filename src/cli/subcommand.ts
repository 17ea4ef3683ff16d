// How every command of the tree begins. Its global options are declared later, on the whole tree.

import type { Command } from "commander";

/** Adds a subcommand to `parent`; its help, errors and settings are those of the parent. */
export function subcommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}
