// `sozu backend`: the servers of a cluster.

import { type Command, Option } from "commander";
import { DEFAULT_BACKEND_WEIGHT } from "../../../config/defaults.ts";
import { addBackend, removeBackend } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import type { Request, SocketAddress } from "../../../config/schema/messages.ts";
import { addressOption, clusterIdOption, trueOrFalse } from "../options/argument_parsers.ts";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";

interface BackendOptions {
  readonly id: string;
  readonly backendId: string;
  readonly address: SocketAddress;
}

interface AddBackendOptions extends BackendOptions {
  readonly stickyId?: string;
  readonly unixPath?: string;
  readonly backup?: boolean;
}

/** Adds the family to the tree. */
export function registerBackend(program: Command, host: CommandHost): void {
  const backend = subcommand(program, "backend", "Add or remove the servers of a cluster");

  declareBackend(subcommand(backend, "add", "Send traffic of a cluster to one more server"))
    .option("-s, --sticky-id <value>", "Value of the sticky session cookie for this server")
    .option("--unix-path <path>", "Unix socket to dial instead of the address: a path, or @name")
    .addOption(
      new Option("-b, --backup <true|false>", "Use only when every other server is down")
        .argParser(trueOrFalse),
    )
    .action((options: AddBackendOptions, command: Command) =>
      host.send(command, () => additionOf(options))
    );

  declareBackend(subcommand(backend, "remove", "Send no more traffic to a server"))
    .action((options: BackendOptions, command: Command) =>
      host.send(command, () =>
        requestOf(removeBackend({
          cluster_id: options.id,
          backend_id: options.backendId,
          address: options.address,
        })))
    );
}

function declareBackend(command: Command): Command {
  return command
    .addOption(clusterIdOption())
    .requiredOption("--backend-id <id>", "Identifier of the server within the cluster")
    .addOption(addressOption("Address of the server"));
}

function additionOf(options: AddBackendOptions): Request {
  return requestOf(addBackend({
    cluster_id: options.id,
    backend_id: options.backendId,
    address: options.address,
    load_balancing_parameters: { weight: DEFAULT_BACKEND_WEIGHT },
    ...presentFields({
      sticky_id: options.stickyId,
      backup: options.backup,
      unix_path: options.unixPath,
    }),
  }));
}
