// `sozu cluster`: groups of backends that serve the same thing.

import { type Command, Option } from "commander";
import { LoadBalancingAlgorithms, type SocketAddress } from "../../../config/schema/messages.ts";
import { removeCluster } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import {
  attempts,
  clusterIdOption,
  oneOf,
  repeated,
  socketAddress,
  unsigned32,
} from "../options/argument_parsers.ts";
import { setAttempts, switchHttp2 } from "./cluster_http2.ts";
import { listClusters, type ListClustersOptions } from "../render/cluster_list.ts";
import { showClusterTags } from "../render/cluster_tags.ts";
import { type AddClusterOptions, clusterRequest } from "../options/cluster_request.ts";
import { declareBackendChoice } from "../options/backend_choice.ts";
import type { CommandHost } from "../command_host.ts";
import { listCommand, subcommand } from "../options/subcommand.ts";
import { registerHealthCheck } from "./health_check.ts";

// The last two are what the manual of sozu 2.1 calls the policies; its program refuses them.
const POLICIES: Readonly<Record<string, LoadBalancingAlgorithms>> = {
  round_robin: LoadBalancingAlgorithms.ROUND_ROBIN,
  random: LoadBalancingAlgorithms.RANDOM,
  power_of_two: LoadBalancingAlgorithms.POWER_OF_TWO,
  least_loaded: LoadBalancingAlgorithms.LEAST_LOADED,
  hrw: LoadBalancingAlgorithms.HRW,
  maglev: LoadBalancingAlgorithms.MAGLEV,
  roundrobin: LoadBalancingAlgorithms.ROUND_ROBIN,
  leastconnections: LoadBalancingAlgorithms.LEAST_LOADED,
};

interface CloseSessionsOptions {
  readonly id: string;
  readonly backendId?: string;
  readonly address?: SocketAddress;
}

/** Adds the family to the tree. */
export function registerCluster(program: Command, host: CommandHost): void {
  const cluster = subcommand(program, "cluster", "Manage clusters: groups of equivalent servers");

  listCommand(cluster, "List clusters, or show one in detail", "Show their hashes as well")
    .option("-i, --id <id>", "Show the cluster with this identifier")
    .option("-d, --domain <host[/path]>", "Show the clusters that serve this host name and path")
    .action((options: ListClustersOptions, command: Command) =>
      listClusters(host, command, options)
    );

  subcommand(cluster, "remove", "Remove a cluster")
    .addOption(clusterIdOption())
    .action((options: { id: string }, command: Command) =>
      host.send(command, () => requestOf(removeCluster(options.id)))
    );

  declareAddOptions(subcommand(cluster, "add", "Add a cluster, or replace it as a whole"))
    .action((options: AddClusterOptions, command: Command) =>
      host.send(command, (inputs) => clusterRequest(options, inputs))
    );

  const h2 = subcommand(cluster, "h2", "Choose HTTP/2 or HTTP/1.1 towards the servers");
  for (const [name, http2] of [["enable", true], ["disable", false]] as const) {
    subcommand(h2, name, `Speak ${http2 ? "HTTP/2" : "HTTP/1.1"} with the servers of a cluster`)
      .addOption(clusterIdOption())
      .action((options: { id: string }, command: Command) =>
        host.send(command, (inputs) => switchHttp2(inputs, options.id, http2))
      );
  }

  subcommand(cluster, "tags", "Show the tags that the frontends of a cluster give to access logs")
    .addOption(clusterIdOption())
    .action((options: { id: string }, command: Command) =>
      showClusterTags(host, command, options.id)
    );

  subcommand(
    cluster,
    "close-sessions",
    "Close the connections of clients to the servers of a cluster, and let requests in progress end",
  )
    .addOption(clusterIdOption())
    .option("--backend-id <id>", "Only those to the server with this identifier")
    .addOption(
      new Option("-a, --address <ip:port>", "Only those to the server at this address")
        .argParser(socketAddress),
    )
    .action((options: CloseSessionsOptions, command: Command) =>
      host.send(command, () => ({
        request_type: {
          kind: "close_sessions",
          value: {
            cluster_id: options.id,
            ...presentFields({ backend_id: options.backendId, address: options.address }),
          },
        },
      }))
    );

  const tries = subcommand(
    cluster,
    "connection-attempts",
    "Choose how many connections to servers one request may try",
  );
  subcommand(tries, "set", "Set the number for a cluster (1 to 255)")
    .addOption(clusterIdOption())
    .argument("<attempts>", "Connections, the first included", attempts)
    .action((value: number, options: { id: string }, command: Command) =>
      host.send(command, (inputs) => setAttempts(inputs, options.id, value))
    );
  subcommand(tries, "unset", "Let a cluster have the number of all clusters")
    .addOption(clusterIdOption())
    .action((options: { id: string }, command: Command) =>
      host.send(command, (inputs) => setAttempts(inputs, options.id))
    );

  registerHealthCheck(cluster, host);
}

function declareAddOptions(command: Command): Command {
  return declareBackendChoice(command)
    .addOption(clusterIdOption())
    .option("-s, --sticky-session", "Keep a client on the same server with a cookie")
    .option("-r, --https-redirect", "Redirect plain HTTP requests to HTTPS")
    .option("--send-proxy", "TCP: send a PROXY protocol header to the servers")
    .option("--expect-proxy", "TCP: expect a PROXY protocol header from clients")
    .addOption(
      new Option(
        "--load-balancing-policy <policy>",
        "How to choose a server: round_robin, random, power_of_two, least_loaded, hrw or maglev",
      ).argParser(oneOf(POLICIES)).makeOptionMandatory(),
    )
    .option("--http2", "Speak HTTP/2 with the servers")
    .option("--allow-connect", "Forward CONNECT, which opens tunnels, instead of answering 405")
    .addOption(
      new Option("--https-redirect-port <port>", "Port to redirect to")
        .argParser(unsigned32),
    )
    .addOption(
      new Option(
        "--max-connection-attempts <attempts>",
        "Connections to servers that one request may try (1 to 255)",
      ).argParser(attempts),
    )
    .option("--www-authenticate <realm>", "Realm announced when credentials are missing")
    .addOption(
      new Option(
        "--authorized-hash <user:sha256>",
        "Credentials to accept, the SHA-256 of the password in hexadecimal (repeatable)",
      ).argParser(repeated),
    )
    .addOption(
      new Option(
        "--answer <code=template>",
        "Answer to send for a status; the template may be file://PATH (repeatable)",
      ).argParser(repeated),
    );
}
