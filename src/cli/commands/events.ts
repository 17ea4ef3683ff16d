// `sozu events`: prints events until the user interrupts.

import type { Command } from "commander";
import { ClientError } from "../../client/mod.ts";
import type { CommandHost, CommandSession } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import { contentJson } from "../render/json_output.ts";
import type { CommandProblem } from "../problem.ts";
import { renderEvent } from "../render/event.ts";

/** Adds the command to the tree. */
export function registerEvents(program: Command, host: CommandHost): void {
  subcommand(program, "events", "Print events of all processes until interrupted, one a line")
    .action((_options: unknown, command: Command) => host.perform(command, printEvents));
}

async function printEvents(session: CommandSession): Promise<CommandProblem | null> {
  const { environment, options } = session;
  const client = await session.connect();
  try {
    for await (const notice of client.subscribe({ signal: environment.interrupted })) {
      const arrived = Date.now();
      const value = { unix_ms: BigInt(arrived), ...notice.event };
      const line = options.json
        ? contentJson({ content_type: { kind: "event", value } })
        : renderEvent(notice, arrived);
      environment.stdout(line + "\n");
    }
    return null;
  } catch (error) {
    // An interrupt is the normal end of this command.
    if (error instanceof ClientError && error.kind === "cancelled") return null;
    throw error;
  }
}
