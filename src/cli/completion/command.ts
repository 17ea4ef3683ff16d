// `sozu completions bash|zsh|fish`: a script for the user's shell, made from the command tree, so
// that it can never name a command or an option that does not exist.

import { Argument, type Command } from "commander";
import type { Request } from "../../../config/schema/messages.ts";
import type { CommandClient } from "../../client/mod.ts";
import type { CommandHost, CommandSession } from "../command_host.ts";
import { fishScript } from "./fish.ts";
import { ASKED, type Asked } from "./kinds.ts";
import { bashScript, VALUES_COMMAND, zshScript } from "./scripts.ts";
import { completionPoints } from "./points.ts";
import type { CommandProblem } from "../problem.ts";
import { subcommand } from "../options/subcommand.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Adds the command to the tree. */
export function registerCompletions(program: Command, host: CommandHost): void {
  subcommand(program, "completions", "Print a script that completes commands in a shell")
    .addArgument(
      new Argument("<shell>", "Shell the script is for").choices(Object.keys(SCRIPTS)),
    )
    .addHelpText("after", HOW_TO)
    .action((shell: keyof typeof SCRIPTS) => host.print(SCRIPTS[shell](completionPoints(program))));

  // The scripts call it; it is not shown in the help.
  program.command(VALUES_COMMAND, { hidden: true })
    .description("Print what completes a value")
    .addArgument(new Argument("<what>", "What is to be completed").choices(ASKED))
    .action((what: Asked, _options: unknown, command: Command) =>
      host.perform(command, (session) => printValues(session, what))
    );
}

/** Values that are one shell word without quoting: no name can inject a command. */
const SAFE_VALUE = /^[\p{L}\p{N}_.:@%+,/\[\]-]{1,256}$/u;

async function printValues(session: CommandSession, what: Asked): Promise<CommandProblem | null> {
  const client = await session.connect();
  const values = (await valuesOf(client, what)).filter((value) => SAFE_VALUE.test(value));
  session.environment.stdout(values.map((value) => `${value}\n`).join(""));
  return null;
}

async function valuesOf(client: CommandClient, what: Asked): Promise<string[]> {
  const content = (await client.send(QUESTIONS[what])).content?.content_type;
  switch (content?.kind) {
    case "workers":
      return content.value.vec.map(({ id }) => String(id));
    case "listeners_list":
      return Object.values(content.value).flatMap((listeners) => [...listeners.keys()]);
    case "cluster_hashes":
      return [...content.value.map.keys()];
    case "worker_responses": {
      const main = content.value.map.get("main")?.content_type;
      return main?.kind === "cluster_hashes" ? [...main.value.map.keys()].sort() : [];
    }
    default:
      return [];
  }
}

const QUESTIONS: Readonly<Record<Asked, Request>> = {
  clusters: { request_type: { kind: "query_clusters_hashes", value: {} } },
  listeners: { request_type: { kind: "list_listeners", value: {} } },
  workers: { request_type: { kind: "list_workers", value: {} } },
};

const HOW_TO = `
How to use it:
  bash  source <(sozu completions bash)
  zsh   source <(sozu completions zsh)
  fish  sozu completions fish | source`;
