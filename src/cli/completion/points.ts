// The command tree for completion scripts: for each command, the words that may follow it.

import type { Command, Option } from "commander";
import { isRouted, kindOfOption, type ValueKind, wordsOfArguments } from "./kinds.ts";

/** One option as it can be typed. */
export interface CompletableOption {
  /** `-a`, or undefined. */
  readonly short: string | undefined;
  /** `--address`, or undefined. */
  readonly long: string | undefined;
  readonly description: string;
  /** The completion of its value; `null` when it takes none. */
  readonly value: ValueKind | null;
}

/** A command and the words that may follow it. */
export interface CompletionPoint {
  /** The words that lead here, without the program's name: `["cluster", "add"]`. */
  readonly path: readonly string[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  /** Words that are no commands. */
  readonly words: readonly string[];
  /** Whether `id` is followed by a cluster. */
  readonly isRouted: boolean;
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
    words: wordsOfArguments(command),
    isRouted: isRouted(command),
    options: help.visibleOptions(command).map((option) => completable(option, path)),
  };
  const below = children.filter((child) => command.commands.includes(child)).flatMap((child) =>
    pointsBelow(child, [...path, child.name()])
  );
  return [point, ...below];
}

function completable(option: Option, path: readonly string[]): CompletableOption {
  return {
    short: option.short,
    long: option.long,
    description: option.description,
    value: option.required || option.optional ? kindOfOption(option, path) : null,
  };
}
