// `sozu frontend`: which requests and connections go to which cluster.

import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { presentFields } from "../../../config/values/present_fields.ts";
import type { SocketAddress } from "../../../config/schema/messages.ts";
import {
  addFrontend,
  LISTENER_KINDS,
  removeFrontend,
} from "../../../config/state/listener_kinds.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import type { StreamFrontend } from "../../../config/state/stream_frontends.ts";
import {
  addressOption,
  clusterIdOption,
  repeated,
  StoredAs,
  tags,
  unsigned32,
} from "../options/argument_parsers.ts";
import type { CommandHost } from "../command_host.ts";
import {
  type AddFrontendOptions,
  frontendKey,
  type FrontendKeyOptions,
  frontendOf,
} from "../options/frontend_request.ts";
import { matchHeaderOption } from "../options/match_header.ts";
import { listCommand, subcommand } from "../options/subcommand.ts";
import { declareHstsOptions } from "../options/hsts.ts";
import { CommandProblem } from "../problem.ts";

interface StreamFrontendOptions {
  readonly id: string;
  readonly address: SocketAddress;
  readonly sni?: string;
  readonly alpn?: string[];
  readonly tags?: Map<string, string>;
}

interface ListOptions {
  readonly http?: boolean;
  readonly https?: boolean;
  readonly tcp?: boolean;
  readonly domain?: string;
  readonly id?: string;
}

type RouteWord = "id" | "deny";

/** Adds the family to the tree. */
export function registerFrontend(program: Command, host: CommandHost): void {
  const frontend = subcommand(program, "frontend", "Decide which requests go to which cluster");
  registerHttp(frontend, host, "http");
  registerHttp(frontend, host, "https");
  registerStream(frontend, host, "tcp");
  registerStream(frontend, host, "udp");

  listCommand(
    frontend,
    "List frontends, of every protocol unless told otherwise",
    "Show their position among the rules as well",
  )
    .option("--http", "Only HTTP, and the other protocols asked for")
    .option("--https", "Only HTTPS, and the other protocols asked for")
    .option("--tcp", "Only TCP and UDP, and the other protocols asked for")
    .option("-d, --domain <text>", "Only host names that contain this text")
    .option("-i, --id <cluster>", "Only those that lead to this cluster")
    .action((options: ListOptions, command: Command) =>
      host.send(command, () => ({
        request_type: {
          kind: "list_frontends",
          value: {
            http: options.http === true,
            https: options.https === true,
            tcp: options.tcp === true,
            ...presentFields({ domain: options.domain, cluster_id: options.id }),
          },
        },
      }))
    );
}

function registerHttp(parent: Command, host: CommandHost, protocol: "http" | "https"): void {
  const name = protocol.toUpperCase();
  const family = subcommand(parent, protocol, `Route ${name} requests by host name and path`);

  const add = declareRoute(
    declareKeyOptions(subcommand(family, "add", `Send matching ${name} requests to a cluster`)),
  );
  declareHstsOptions(declarePolicyOptions(add)).action(
    (route: RouteWord, id: string | undefined, options: AddFrontendOptions, command: Command) => {
      const cluster = clusterOf(command, route, id);
      return host.send(command, () => {
        const value = frontendOf(options, cluster);
        if (value instanceof CommandProblem) return value;
        return requestOf({ kind: `add_${protocol}_frontend`, value });
      });
    },
  );

  declareRoute(
    declareKeyOptions(subcommand(family, "remove", `Stop routing matching ${name} requests`)),
  ).action(
    (route: RouteWord, id: string | undefined, options: FrontendKeyOptions, command: Command) => {
      const cluster = clusterOf(command, route, id);
      return host.send(command, () => {
        const value = frontendKey(options, cluster);
        if (value instanceof CommandProblem) return value;
        return requestOf({ kind: `remove_${protocol}_frontend`, value });
      });
    },
  );
}

function registerStream(parent: Command, host: CommandHost, protocol: "tcp" | "udp"): void {
  const name = protocol.toUpperCase();
  const family = subcommand(
    parent,
    protocol,
    `Send all ${name} traffic of a listener to a cluster`,
  );

  const add = subcommand(family, "add", `Send the ${name} traffic of a listener to a cluster`)
    .addOption(clusterIdOption())
    .addOption(addressOption("Address of the listener"))
    .addOption(tagsOption());
  const remove = subcommand(
    family,
    "remove",
    `Stop sending the ${name} traffic of a listener to a cluster`,
  )
    .addOption(clusterIdOption())
    .addOption(addressOption("Address of the listener"));
  for (const command of [add, remove]) {
    if (protocol === "tcp") command.addOption(serverNameOption()).addOption(protocolOption());
  }
  if (protocol === "udp") remove.addOption(tagsOption("Labels that it was added with"));
  add.action((options: StreamFrontendOptions, command: Command) =>
    host.send(command, () => ({
      request_type: addFrontend(LISTENER_KINDS[protocol], streamFrontend(protocol, options)),
    }))
  );
  remove.action((options: StreamFrontendOptions, command: Command) =>
    host.send(command, () => ({
      request_type: removeFrontend(LISTENER_KINDS[protocol], streamFrontend(protocol, options)),
    }))
  );
}

function streamFrontend(
  protocol: "tcp" | "udp",
  { id, address, tags, sni, alpn }: StreamFrontendOptions,
): StreamFrontend {
  const common = { cluster_id: id, address, tags: tags ?? new Map<string, string>() };
  return protocol === "udp" ? common : { ...common, ...presentFields({ sni }), alpn: alpn ?? [] };
}

function serverNameOption(): Option {
  return new Option(
    "--sni <name>",
    "Only TLS clients that ask for this server, such as example.com or *.example.com",
  );
}

function protocolOption(): Option {
  return new Option(
    "--alpn <protocol>",
    "Only those of them that offer this protocol, such as h2 (repeatable)",
  ).argParser(repeated);
}

function declareKeyOptions(command: Command): Command {
  return command
    .addOption(addressOption("Address of the listener"))
    .requiredOption("--hostname <name>", "Host name to match, such as example.com or *.example.com")
    .addOption(new StoredAs("hostname", "--host <name>", "Same as --hostname").hideHelp())
    .option("-p, --path-prefix <path>", "Match paths that begin with this")
    .option("--path-regex <regex>", "Match paths that fit this regular expression as a whole")
    .option("--path-equals <path>", "Match exactly this path")
    .option("-m, --method <method>", "Match only this method, such as GET")
    .addOption(matchHeaderOption());
}

/** Removal names the route as well: what belongs to another cluster is left alone. */
function declareRoute(command: Command): Command {
  return command
    .usage("[options] (id <CLUSTER_ID> | deny)")
    .addArgument(
      new Argument("<route>", '"id" followed by a cluster, or "deny" to refuse the requests')
        .argParser(routeWord),
    )
    .argument("[cluster]", 'Identifier of the cluster, after "id"');
}

const REDIRECT_WORDS =
  "forward, permanent, found, permanent_redirect, unauthorized or silent_close (no answer)";

function declarePolicyOptions(command: Command): Command {
  return command
    .addOption(tagsOption())
    .option("--redirect <policy>", REDIRECT_WORDS)
    .option("--redirect-scheme <scheme>", "use-same, use-http or use-https")
    .option("--redirect-template <text>", "Answer template of the redirect")
    .option("--rewrite-host <template>", "Host to send to the server")
    .option("--rewrite-path <template>", "Path to send to the server")
    .addOption(
      new Option("--rewrite-port <port>", "Port to send to the server").argParser(unsigned32),
    )
    .option("--required-auth", "Require credentials that the cluster accepts")
    .addOption(
      new Option(
        "--header <position=name=value>",
        "Set a header on request, response or both; an empty value deletes it (repeatable)",
      ).argParser(repeated),
    );
}

function tagsOption(description = "Labels to write into access logs"): Option {
  return new Option("--tags <key=value,...>", description).argParser(tags);
}

function routeWord(text: string): RouteWord {
  if (text !== "id" && text !== "deny") {
    throw new InvalidArgumentError('Expected "id <CLUSTER_ID>" or "deny".');
  }
  return text;
}

/** The cluster named by the route words; a missing or superfluous one is a syntax error. */
function clusterOf(
  command: Command,
  route: RouteWord,
  id: string | undefined,
): string | undefined {
  if (route === "id" && id === undefined) {
    command.error('error: missing cluster after "id": id <CLUSTER_ID>', { exitCode: 2 });
  }
  if (route === "deny" && id !== undefined) {
    command.error(`error: unexpected argument "${id}" after "deny"`, { exitCode: 2 });
  }
  return id;
}
