// The beginning that all commands of the tree share. Global options are declared later, on the whole tree.

import type { Command } from "commander";

/** Adds a subcommand to `parent`; its help, errors and settings are those of the parent. */
export function subcommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}

/** Adds the subcommand `list` to `parent`; `--verbose` adds `details`. */
export function listCommand(parent: Command, description: string, details: string): Command {
  return subcommand(parent, "list", description).option("-v, --verbose", details);
}
