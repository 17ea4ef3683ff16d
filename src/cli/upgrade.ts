// `sozu upgrade`: replaces processes by new ones of the installed version without dropping
// connections: one worker, or the main process and then every worker.

import { type Command, Option } from "commander";
import { type Response, ResponseStatus, RunState } from "../../config/messages.ts";
import { ClientError, type CommandClient } from "../client/mod.ts";
import { unsigned32 } from "./argument_parsers.ts";
import type { CommandHost, CommandSession } from "./command_host.ts";
import { subcommand } from "./subcommand.ts";
import { printable } from "./printable.ts";
import { CommandProblem } from "./problem.ts";
import { showAnswer } from "./show_answer.ts";

// Handing over the listening sockets and draining take far longer than an ordinary answer.
const WORKER_UPGRADE_TIMEOUT_MS = 60_000;

// The new main process listens within a few seconds: twelve dials with back-off span more than ten.
const RECONNECT_ATTEMPTS = 12;

/** Adds the command to the tree. */
export function registerUpgrade(program: Command, host: CommandHost): void {
  subcommand(
    program,
    "upgrade",
    "Replace the running processes by new ones without dropping connections (use a long --timeout)",
  )
    .addOption(
      new Option("--worker <id>", "Replace only this worker").argParser(unsigned32),
    )
    .action((options: { worker?: number }, command: Command) => {
      const { worker } = options;
      if (worker === undefined) return host.perform(command, upgradeEverything);
      return host.send(command, () => ({
        request_type: { kind: "upgrade_worker", value: worker },
      }));
    });
}

async function upgradeEverything(session: CommandSession): Promise<CommandProblem | null> {
  const old = await session.connect();
  const answer = await old.send({ request_type: { kind: "upgrade_main", value: {} } });
  const problem = showAnswer(answer, session);
  if (problem !== null) return problem;
  old.close();

  // The new main process takes over the same path, possibly a moment later.
  const client = await session.connect(RECONNECT_ATTEMPTS);
  const workers = await client.send({ request_type: { kind: "list_workers", value: {} } });
  const content = workers.content?.content_type;
  if (content?.kind !== "workers") {
    return new CommandProblem("Cannot upgrade the workers: the main process did not list them");
  }
  const ids = content.value.vec.filter(({ run_state }) => run_state === RunState.RUNNING)
    .map(({ id }) => id);
  const failures = await Promise.all(ids.map((id) => upgradeWorker(session, client, id)));
  const count = failures.filter((failed) => failed).length;
  return count === 0
    ? null
    : new CommandProblem(`${count} of ${ids.length} workers could not be upgraded`);
}

/** Upgrades one worker and reports it; resolves with whether it failed. */
async function upgradeWorker(
  { environment }: CommandSession,
  client: CommandClient,
  id: number,
): Promise<boolean> {
  const say = (text: string) => environment.stderr(`worker ${id}: ${printable(text)}\n`);
  let answer: Response;
  try {
    answer = await client.send({ request_type: { kind: "upgrade_worker", value: id } }, {
      timeoutMs: WORKER_UPGRADE_TIMEOUT_MS,
      signal: environment.interrupted,
    });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    say(error.message);
    return true;
  }
  say(answer.message);
  return answer.status === ResponseStatus.FAILURE;
}
