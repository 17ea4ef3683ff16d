// The command tree as shells see it: for each command, the words that may follow it.

import type { Command, Option } from "commander";

/** One option as it can be typed. */
export interface CompletableOption {
  /** `-a`, or undefined. */
  readonly short: string | undefined;
  /** `--address`, or undefined. */
  readonly long: string | undefined;
  readonly description: string;
  readonly takesValue: boolean;
}

/** A command and what may follow it. */
export interface CompletionPoint {
  /** The words that lead here, without the program's name: `["cluster", "add"]`. */
  readonly path: readonly string[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletableOption[];
}

/** Every command of the tree, the root first. */
export function completionPoints(program: Command): CompletionPoint[] {
  return pointsBelow(program, []);
}

function pointsBelow(command: Command, path: readonly string[]): CompletionPoint[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command);
  const point: CompletionPoint = {
    path,
    subcommands: children.map((child) => ({
      name: child.name(),
      description: child.description(),
    })),
    options: help.visibleOptions(command).map(completable),
  };
  const below = command.commands.flatMap((child) => pointsBelow(child, [...path, child.name()]));
  return [point, ...below];
}

function completable(option: Option): CompletableOption {
  return {
    short: option.short,
    long: option.long,
    description: option.description,
    takesValue: option.required || option.optional,
  };
}
