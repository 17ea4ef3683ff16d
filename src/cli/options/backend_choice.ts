// The options of `cluster add` that say how a client gets its backend beyond the policy: what tells clients apart,
// and what part of the backends each of them may use.

import { type Command, Option } from "commander";
import { affinityCookie, affinityHeader } from "../../../config/rules/cluster_rules.ts";
import { type Cluster, ShardMode } from "../../../config/schema/messages.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import { CommandProblem } from "../problem.ts";
import { unsigned32 } from "./argument_parsers.ts";

/** Parsed options. */
export interface BackendChoiceOptions {
  readonly affinityHeader?: string;
  readonly affinityCookie?: string;
  readonly shardPercent?: number;
  readonly shardMinBackends?: number;
  readonly shardStrict?: boolean;
}

type BackendChoice = Pick<
  Cluster,
  "affinity_header" | "affinity_cookie" | "shard_percent" | "shard_min_backends" | "shard_mode"
>;

const MOST_PERCENT = 100;
const SMALLEST_SHARD = 2;

/** Declares the options on `command`. */
export function declareBackendChoice(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--affinity-header <name>",
        "Header that tells clients apart for hrw, maglev and shards, instead of their address",
      ).conflicts("affinityCookie"),
    )
    .option("--affinity-cookie <name>", "The same with a cookie")
    .addOption(
      new Option(
        "--shard-percent <percent>",
        "Let each client use so many percent of the servers, at least two (1 to 100)",
      ).argParser(unsigned32),
    )
    .addOption(
      new Option(
        "--shard-min-backends <count>",
        "With fewer servers each client uses all (default 8; needs --shard-percent)",
      ).argParser(unsigned32),
    )
    .option(
      "--shard-strict",
      "Refuse a client whose servers cannot serve, instead of using others (needs --shard-percent)",
    )
    .hook("preAction", refuseShardsOfNothing);
}

/** The fields the options stand for. */
export function backendChoiceOf(options: BackendChoiceOptions): BackendChoice | CommandProblem {
  const { shardPercent, shardMinBackends, shardStrict } = options;
  const refusal = headerOrCookieRefusal(options);
  if (refusal !== null) return new CommandProblem(refusal);
  if (shardPercent !== undefined && (shardPercent < 1 || shardPercent > MOST_PERCENT)) {
    return new CommandProblem(
      `Cannot use --shard-percent ${shardPercent}: expected 1 to ${MOST_PERCENT}`,
    );
  }
  if (shardMinBackends !== undefined && shardMinBackends < SMALLEST_SHARD) {
    return new CommandProblem(
      `Cannot use --shard-min-backends ${shardMinBackends}: expected ${SMALLEST_SHARD} or more, ` +
        "the smallest shard",
    );
  }
  return presentFields({
    affinity_header: options.affinityHeader,
    affinity_cookie: options.affinityCookie,
    shard_percent: shardPercent,
    shard_min_backends: shardMinBackends,
    shard_mode: shardStrict === true ? ShardMode.STRICT : undefined,
  });
}

function headerOrCookieRefusal(options: BackendChoiceOptions): string | null {
  const { affinityHeader: header, affinityCookie: cookie } = options;
  const refusal =
    (header === undefined ? null : affinityHeader.check(header, "--affinity-header")) ??
      (cookie === undefined ? null : affinityCookie.check(cookie, "--affinity-cookie"));
  return refusal?.message ?? null;
}

/** Part of the syntax, as options that exclude each other are. */
function refuseShardsOfNothing(command: Command): void {
  const { shardPercent, shardMinBackends, shardStrict } = command.opts<BackendChoiceOptions>();
  if (shardPercent !== undefined) return;
  const needy = shardMinBackends !== undefined
    ? "--shard-min-backends"
    : shardStrict === true
    ? "--shard-strict"
    : null;
  if (needy === null) return;
  command.error(`error: option '${needy}' needs '--shard-percent <percent>'`, { exitCode: 2 });
}
