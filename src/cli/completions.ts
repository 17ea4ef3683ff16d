// `sozu completions bash|zsh|fish`: a script for the user's shell, made from the command tree, so
// that it can never name a command or an option that does not exist.

import { Argument, type Command } from "commander";
import type { CommandHost } from "./command_host.ts";
import { bashScript, fishScript, zshScript } from "./completion_scripts.ts";
import { completionPoints } from "./completion_points.ts";
import { subcommand } from "./subcommand.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Adds the command to the tree. */
export function registerCompletions(program: Command, host: CommandHost): void {
  subcommand(program, "completions", "Print a script that completes commands in a shell")
    .addArgument(
      new Argument("<shell>", "Shell the script is for").choices(Object.keys(SCRIPTS)),
    )
    .addHelpText("after", HOW_TO)
    .action((shell: keyof typeof SCRIPTS) => host.print(SCRIPTS[shell](completionPoints(program))));
}

const HOW_TO = `
How to use it:
  bash  source <(sozu completions bash)
  zsh   source <(sozu completions zsh)
  fish  sozu completions fish | source`;
