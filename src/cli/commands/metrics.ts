// `sozu metrics`: shows metrics once, or again and again.

import { type Command, InvalidArgumentError, Option } from "commander";
import { MetricsConfiguration, type Request } from "../../../config/schema/messages.ts";
import { configureMetrics, queryMetrics } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { ClientError } from "../../client/mod.ts";
import { commaSeparated, StoredAs, unsigned32 } from "../options/argument_parsers.ts";
import type { CommandHost, CommandSession } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import type { CommandProblem } from "../problem.ts";
import { showAnswer } from "../render/show_answer.ts";

interface GetOptions {
  readonly list?: boolean;
  readonly refresh?: number;
  readonly names?: string[];
  readonly clusters?: string[];
  readonly backends?: string[];
  readonly withoutClusters?: boolean;
  readonly workers?: boolean;
}

// Cursor to the top left corner, then erase to the end: a redraw without flicker.
const REDRAW_FROM_TOP = "\x1b[H\x1b[J";

const SWITCHES = [
  ["enable", MetricsConfiguration.ENABLED, "Measure clusters and their servers"],
  ["disable", MetricsConfiguration.DISABLED, "Measure clusters and their servers no more"],
  ["clear", MetricsConfiguration.CLEAR, "Forget everything measured so far"],
] as const;

/** Adds the family to the tree. */
export function registerMetrics(program: Command, host: CommandHost): void {
  const metrics = subcommand(program, "metrics", "Show, switch or clear measurements");

  for (const [name, value, description] of SWITCHES) {
    subcommand(metrics, name, description)
      .action((_options: unknown, command: Command) =>
        host.send(command, () => requestOf(configureMetrics(value)))
      );
  }

  declareGetOptions(subcommand(metrics, "get", "Show measurements"))
    .action((options: GetOptions, command: Command) => {
      const request = queryOf(options);
      const seconds = options.refresh;
      if (seconds === undefined) return host.send(command, () => request);
      return host.perform(command, (session) => refresh(session, request, seconds));
    });
}

function declareGetOptions(command: Command): Command {
  return command
    .option("-l, --list", "Only the names of what is measured")
    .addOption(
      new Option("-r, --refresh <seconds>", "Show again and again, with this pause")
        .argParser(pause),
    )
    .addOption(
      new Option("-n, --names <name,...>", "Only these measurements").argParser(commaSeparated),
    )
    .addOption(
      new Option("-k, --clusters <id,...>", "Only these clusters").argParser(commaSeparated),
    )
    .addOption(
      new Option("-b, --backends <id,...>", "Only these servers").argParser(commaSeparated),
    )
    // Stored under another name: the parser would take it for the negation of --clusters.
    .addOption(
      new StoredAs("withoutClusters", "--no-clusters", "Only the process, no clusters")
        .preset(true).default(undefined),
    )
    .option("-w, --workers", "Show each worker on its own instead of their sum");
}

/** Longest pause in seconds: a day. A timer with more than 24 days would fire at once. */
const MAX_PAUSE = 86_400;

/** Whole seconds, one at least: without a pause the answers would flood terminal and main process. */
function pause(text: string): number {
  const seconds = unsigned32(text);
  if (seconds > 0 && seconds <= MAX_PAUSE) return seconds;
  throw new InvalidArgumentError(`Expected a pause of 1 to ${MAX_PAUSE} seconds.`);
}

function queryOf(options: GetOptions): Request {
  return requestOf(queryMetrics({
    list: options.list === true,
    cluster_ids: options.clusters ?? [],
    backend_ids: options.backends ?? [],
    metric_names: options.names ?? [],
    no_clusters: options.withoutClusters === true,
    workers: options.workers === true,
  }));
}

/** Queries and shows metrics until the user interrupts. */
async function refresh(
  session: CommandSession,
  request: Request,
  seconds: number,
): Promise<CommandProblem | null> {
  const { environment, options } = session;
  const client = await session.connect();
  const signal = environment.interrupted;
  const redraw = environment.stdoutIsTerminal && !options.json ? REDRAW_FROM_TOP : "";
  while (!signal.aborted) {
    const answer = await client.send(request, { signal }).catch(unlessCancelled);
    if (answer === null) break;
    if (redraw !== "") environment.stdout(redraw);
    const problem = showAnswer(answer, session);
    if (problem !== null) return problem;
    await environment.sleep(seconds * 1_000);
  }
  return null;
}

/** An interrupt is the normal end of a refreshed display. */
function unlessCancelled(error: unknown): null {
  if (error instanceof ClientError && error.kind === "cancelled") return null;
  throw error;
}
