// `sozu upgrade`: replaces one worker, or the main process and all workers by the installed version, without
// dropping connections.

import { type Command, Option } from "commander";
import { RunState } from "../../../config/schema/messages.ts";
import { unsigned32 } from "../options/argument_parsers.ts";
import type { CommandHost, CommandSession } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import { CommandProblem } from "../problem.ts";
import { showAnswer } from "../render/show_answer.ts";

// The new main process listens within a few seconds: twelve dials with back-off span more than ten.
const RECONNECT_ATTEMPTS = 12;

/** Adds the command to the tree. */
export function registerUpgrade(program: Command, host: CommandHost): void {
  subcommand(
    program,
    "upgrade",
    "Replace the running processes by new ones without dropping connections",
  )
    .addOption(
      new Option("--worker <id>", "Replace only this worker").argParser(unsigned32),
    )
    .action((options: { worker?: number }, command: Command) => {
      const { worker } = options;
      if (worker === undefined) return host.perform(command, upgradeEverything, "none");
      return host.send(command, () => ({
        request_type: { kind: "upgrade_worker", value: worker },
      }), { deadline: "none" });
    });
}

async function upgradeEverything(session: CommandSession): Promise<CommandProblem | null> {
  const old = await session.connect();
  const answer = await old.send({ request_type: { kind: "upgrade_main", value: {} } });
  const problem = showAnswer(answer, session);
  if (problem !== null) return problem;
  old.close();

  // The new main process has taken over the same path, possibly a moment ago.
  const client = await session.connect(RECONNECT_ATTEMPTS);
  const status = await client.send({ request_type: { kind: "status", value: {} } });
  const content = status.content?.content_type;
  if (content?.kind !== "workers") {
    return new CommandProblem("Cannot check the workers: the new main process did not list them");
  }
  const silent = content.value.vec.filter(({ run_state }) => run_state !== RunState.RUNNING);
  return showAnswer(status, session) ??
    (silent.length === 0
      ? null
      : new CommandProblem(`${silent.length} of the new workers do not run`));
}
