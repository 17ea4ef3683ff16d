// `sozu cluster health-check`: probing the backends of a cluster. In this family `--timeout` is the
// timeout of one probe; the timeout of the answer of sozu is `-t`, or `--timeout` further left.

import { type Command, Option } from "commander";
import {
  DEFAULT_EXPECTED_STATUS,
  DEFAULT_HEALTH_CHECK_INTERVAL_SECONDS,
  DEFAULT_HEALTH_CHECK_TIMEOUT_SECONDS,
  DEFAULT_HEALTHY_THRESHOLD,
  DEFAULT_UNHEALTHY_THRESHOLD,
} from "../../../config/defaults.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import { HealthCheckMode, type Request } from "../../../config/schema/messages.ts";
import { clusterIdOption, unsigned32 } from "../options/argument_parsers.ts";
import type { BuildInputs, CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import { CommandProblem } from "../problem.ts";

interface SetOptions {
  readonly id: string;
  readonly uri: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly expectedStatus: number;
}

/** Adds the family below `cluster`. */
export function registerHealthCheck(cluster: Command, host: CommandHost): void {
  const family = subcommand(cluster, "health-check", "Probe the servers of a cluster over HTTP");

  const set = subcommand(family, "set", "Start or change the probes of a cluster")
    .addOption(clusterIdOption())
    .requiredOption("-u, --uri <path>", "Path to request, such as /health");
  const numbers: [flags: string, description: string, byDefault: number][] = [
    ["--interval <seconds>", "Time between two probes", DEFAULT_HEALTH_CHECK_INTERVAL_SECONDS],
    ["--timeout <seconds>", "Patience of one probe", DEFAULT_HEALTH_CHECK_TIMEOUT_SECONDS],
    ["--healthy-threshold <n>", "Good probes in a row that bring back", DEFAULT_HEALTHY_THRESHOLD],
    ["--unhealthy-threshold <n>", "Bad probes in a row that remove", DEFAULT_UNHEALTHY_THRESHOLD],
    [
      "--expected-status <code>",
      "Status that counts as good; 0 = any 2xx",
      DEFAULT_EXPECTED_STATUS,
    ],
  ];
  for (const [flags, description, byDefault] of numbers) {
    set.addOption(new Option(flags, description).argParser(unsigned32).default(byDefault));
  }
  set.action((options: SetOptions, command: Command) =>
    host.send(command, (inputs) => setHealthCheck(options, inputs))
  );

  subcommand(family, "remove", "Probe the servers of a cluster no more")
    .addOption(clusterIdOption())
    .action((options: { id: string }, command: Command) =>
      host.send(command, () => ({
        request_type: { kind: "remove_health_check", value: options.id },
      }))
    );

  subcommand(family, "list", "Show the probes in force")
    .option("-i, --id <id>", "Only those of this cluster")
    .action((options: { id?: string }, command: Command) =>
      host.send(command, () => ({
        request_type: {
          kind: "query_health_checks",
          value: presentFields({ cluster_id: options.id }),
        },
      }))
    );
}

function setHealthCheck(options: SetOptions, inputs: BuildInputs): Request | CommandProblem {
  const zero = ([
    ["--interval", options.interval],
    ["--timeout", options.timeout],
    ["--healthy-threshold", options.healthyThreshold],
    ["--unhealthy-threshold", options.unhealthyThreshold],
  ] as const).find(([, value]) => value === 0);
  if (zero !== undefined) return new CommandProblem(`Cannot use ${zero[0]} 0: expected 1 or more`);
  if (!isProbeUri(options.uri)) {
    return new CommandProblem(
      `Cannot use --uri "${options.uri}": expected a path that begins with / and holds no ` +
        "control character",
    );
  }
  if (options.timeout >= options.interval) {
    inputs.warn(
      `The probe timeout (${options.timeout} s) is not shorter than the interval ` +
        `(${options.interval} s): probes of one server may overlap`,
    );
  }
  const config = {
    uri: options.uri,
    interval: options.interval,
    timeout: options.timeout,
    healthy_threshold: options.healthyThreshold,
    unhealthy_threshold: options.unhealthyThreshold,
    expected_status: options.expectedStatus,
    mode: HealthCheckMode.HEALTH_CHECK_MODE_HTTP,
    accepted_statuses: [],
    headers: [],
  };
  return {
    request_type: { kind: "set_health_check", value: { cluster_id: options.id, config } },
  };
}

function isProbeUri(uri: string): boolean {
  if (!uri.startsWith("/")) return false;
  return [...uri].every((character) => character === "\t" || character >= " ");
}
