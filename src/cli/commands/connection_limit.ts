// `sozu connection-limit`: how many connections one client address may hold per cluster; `sozu
// subnet-connection-limit`: how many the clients of one network; and
// `sozu connection-attempts`: how many connections to backends one request may try.

import type { Command } from "commander";
import type { Verb } from "../../../config/state/verb.ts";
import { attempts, unsigned64 } from "../options/argument_parsers.ts";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";

/** A limit of connections that clients may have to a cluster; 0 is none. */
interface ClientLimit {
  readonly name: string;
  readonly description: string;
  /** What is counted, in the help of its value. */
  readonly counted: string;
  /** What `show` shows. */
  readonly shown: string;
  readonly set: (value: bigint) => Verb;
  readonly query: Verb;
}

const CLIENT_LIMITS: readonly ClientLimit[] = [
  {
    name: "connection-limit",
    description: "Limit the connections of one client address to one cluster",
    counted: "Connections per client address and cluster",
    shown: "Show the limit in force",
    set: (value) => ({ kind: "set_max_connections_per_ip", value }),
    query: { kind: "query_max_connections_per_ip", value: {} },
  },
  {
    name: "subnet-connection-limit",
    description: "Limit the connections of one network of clients to one cluster",
    counted: "Connections per network and cluster",
    shown: "Show the limit in force, and how large networks are",
    set: (value) => ({ kind: "set_max_connections_per_subnet", value }),
    query: { kind: "query_max_connections_per_subnet", value: {} },
  },
];

/** Adds the families to the tree. */
export function registerConnectionLimit(program: Command, host: CommandHost): void {
  for (const limit of CLIENT_LIMITS) registerClientLimit(program, host, limit);

  const tries = subcommand(
    program,
    "connection-attempts",
    "Limit the connections to backends that one request may try",
  );
  subcommand(tries, "set", "Set the limit until sozu restarts (1 to 255)")
    .argument("<attempts>", "Connections, the first included", attempts)
    .action((value: number, _options: unknown, command: Command) =>
      host.send(command, () => ({
        request_type: { kind: "set_max_connection_attempts", value },
      }))
    );
}

function registerClientLimit(
  program: Command,
  host: CommandHost,
  { name, description, counted, shown, set, query }: ClientLimit,
): void {
  const family = subcommand(program, name, description);
  subcommand(family, "set", "Set the limit until sozu restarts (0 = unlimited)")
    .argument("<limit>", counted, unsigned64)
    .action((value: bigint, _options: unknown, command: Command) =>
      host.send(command, () => ({ request_type: set(value) }))
    );
  subcommand(family, "remove", "Lift the limit")
    .action((_options: unknown, command: Command) =>
      host.send(command, () => ({ request_type: set(0n) }))
    );
  subcommand(family, "show", shown)
    .action((_options: unknown, command: Command) =>
      host.send(command, () => ({ request_type: query }))
    );
}
