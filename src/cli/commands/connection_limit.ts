// `sozu connection-limit`: how many connections one client address may hold per cluster; `sozu
// subnet-connection-limit`: how many the clients of one network; and
// `sozu connection-attempts`: how many connections to backends one request may try.

import type { Command } from "commander";
import { attempts, unsigned64 } from "../options/argument_parsers.ts";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";

/** Adds the families to the tree. */
export function registerConnectionLimit(program: Command, host: CommandHost): void {
  const limit = subcommand(
    program,
    "connection-limit",
    "Limit the connections of one client address to one cluster",
  );

  subcommand(limit, "set", "Set the limit until the workers restart (0 = unlimited)")
    .argument("<limit>", "Connections per client address and cluster", unsigned64)
    .action((value: bigint, _options: unknown, command: Command) =>
      host.send(command, () => setLimit(value))
    );
  subcommand(limit, "remove", "Lift the limit")
    .action((_options: unknown, command: Command) => host.send(command, () => setLimit(0n)));
  subcommand(limit, "show", "Show the limit in force")
    .action((_options: unknown, command: Command) =>
      host.send(command, () => ({
        request_type: { kind: "query_max_connections_per_ip", value: {} },
      }))
    );

  registerSubnetLimit(program, host);

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

function registerSubnetLimit(program: Command, host: CommandHost): void {
  const limit = subcommand(
    program,
    "subnet-connection-limit",
    "Limit the connections of one network of clients to one cluster",
  );

  subcommand(limit, "set", "Set the limit until sozu restarts (0 = unlimited)")
    .argument("<limit>", "Connections per network and cluster", unsigned64)
    .action((value: bigint, _options: unknown, command: Command) =>
      host.send(command, () => setSubnetLimit(value))
    );
  subcommand(limit, "remove", "Lift the limit")
    .action((_options: unknown, command: Command) => host.send(command, () => setSubnetLimit(0n)));
  subcommand(limit, "show", "Show the limit in force, and how large networks are")
    .action((_options: unknown, command: Command) =>
      host.send(command, () => ({
        request_type: { kind: "query_max_connections_per_subnet", value: {} },
      }))
    );
}

function setSubnetLimit(value: bigint) {
  return { request_type: { kind: "set_max_connections_per_subnet" as const, value } };
}

function setLimit(value: bigint) {
  return { request_type: { kind: "set_max_connections_per_ip" as const, value } };
}
