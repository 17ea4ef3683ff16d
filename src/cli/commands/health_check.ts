// `sozu cluster health-check`: probing the backends of a cluster.

import { type Command, Option } from "commander";
import {
  DEFAULT_EXPECTED_STATUS,
  DEFAULT_HEALTH_CHECK_INTERVAL_SECONDS,
  DEFAULT_HEALTH_CHECK_TIMEOUT_SECONDS,
  DEFAULT_HEALTH_CHECK_URI,
  DEFAULT_HEALTHY_THRESHOLD,
  DEFAULT_UNHEALTHY_THRESHOLD,
} from "../../../config/defaults.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import { validateHealthCheck } from "../../../config/rules/validate.ts";
import {
  type HealthCheckConfig,
  HealthCheckMode,
  type HttpStatusRange,
  type Request,
} from "../../../config/schema/messages.ts";
import { removeHealthCheck, setHealthCheck } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { type HeaderFile, headerFiles, protectedCheck } from "../options/protected_check.ts";
import { clusterIdOption, oneOf, statusRanges, unsigned32 } from "../options/argument_parsers.ts";
import type { BuildInputs, CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import { CommandProblem } from "../problem.ts";

interface SetOptions {
  readonly id: string;
  readonly mode: HealthCheckMode;
  readonly uri: string;
  readonly interval: number;
  readonly probeTimeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  readonly expectedStatus: number;
  readonly acceptedStatuses: HttpStatusRange[];
  readonly port?: number;
  readonly headerFile: HeaderFile[];
}

const MODES: Readonly<Record<string, HealthCheckMode>> = {
  http: HealthCheckMode.HEALTH_CHECK_MODE_HTTP,
  tcp: HealthCheckMode.HEALTH_CHECK_MODE_TCP,
};

/** Adds the family below `cluster`. */
export function registerHealthCheck(cluster: Command, host: CommandHost): void {
  const family = subcommand(cluster, "health-check", "Probe the servers of a cluster");

  const set = subcommand(family, "set", "Start or change the probes of a cluster")
    .addOption(clusterIdOption())
    .addOption(
      new Option(
        "--mode <mode>",
        "http: a status decides; tcp: a connection that is accepted is good",
      )
        .argParser(oneOf(MODES)).default(HealthCheckMode.HEALTH_CHECK_MODE_HTTP, "http"),
    )
    .option("-u, --uri <path>", "Path to request, such as /health", DEFAULT_HEALTH_CHECK_URI);
  const numbers: [flags: string, description: string, byDefault: number][] = [
    ["--interval <seconds>", "Time between two probes", DEFAULT_HEALTH_CHECK_INTERVAL_SECONDS],
    ["--probe-timeout <seconds>", "Patience of one probe", DEFAULT_HEALTH_CHECK_TIMEOUT_SECONDS],
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
  set
    .addOption(
      new Option(
        "--accepted-statuses <list>",
        "Statuses that count as good: 404, 200-399, 2xx or any, with commas (repeatable)",
      ).argParser(statusRanges).default([], "those of --expected-status"),
    )
    .addOption(
      new Option("--port <port>", "Port to probe, instead of that of each server")
        .argParser(unsigned32),
    )
    .addOption(
      new Option(
        "--header-file <name=path>",
        "Header with its value from a file, - for standard input; it is kept in memory (repeatable)",
      ).argParser(headerFiles).default([], "none"),
    );
  set.action((options: SetOptions, command: Command) =>
    host.send(command, (inputs) => setCheck(options, inputs))
  );

  subcommand(family, "remove", "Probe the servers of a cluster no more")
    .addOption(clusterIdOption())
    .action((options: { id: string }, command: Command) =>
      host.send(command, () => requestOf(removeHealthCheck(options.id)))
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

function setCheck(
  options: SetOptions,
  inputs: BuildInputs,
): Request | CommandProblem | Promise<Request | CommandProblem> {
  const zero = ([
    ["--interval", options.interval],
    ["--probe-timeout", options.probeTimeout],
    ["--healthy-threshold", options.healthyThreshold],
    ["--unhealthy-threshold", options.unhealthyThreshold],
  ] as const).find(([, value]) => value === 0);
  if (zero !== undefined) return new CommandProblem(`Cannot use ${zero[0]} 0: expected 1 or more`);
  if (options.mode === HealthCheckMode.HEALTH_CHECK_MODE_HTTP && !isProbeUri(options.uri)) {
    return new CommandProblem(
      `Cannot use --uri "${options.uri}": expected a path that begins with / and holds no ` +
        "control character",
    );
  }
  const config = checkOf(options);
  const refusal = validateHealthCheck(config);
  if (refusal !== null) return new CommandProblem(refusal.message);
  if (options.probeTimeout >= options.interval) {
    inputs.warn(
      `The probe timeout (${options.probeTimeout} s) is not shorter than the interval ` +
        `(${options.interval} s): probes of one server may overlap`,
    );
  }
  const { id: cluster_id, headerFile: files } = options;
  return files.length === 0
    ? requestOf(setHealthCheck({ cluster_id, config }))
    : protectedCheck(inputs, cluster_id, config, files);
}

function checkOf(options: SetOptions): HealthCheckConfig {
  return {
    mode: options.mode,
    uri: options.uri,
    interval: options.interval,
    timeout: options.probeTimeout,
    healthy_threshold: options.healthyThreshold,
    unhealthy_threshold: options.unhealthyThreshold,
    expected_status: options.expectedStatus,
    accepted_statuses: options.acceptedStatuses,
    ...presentFields({ port: options.port }),
    headers: options.headerFile.map(({ name }) => ({ name, fingerprint: "" })),
  };
}

function isProbeUri(uri: string): boolean {
  if (!uri.startsWith("/")) return false;
  return [...uri].every((character) => character === "\t" || character >= " ");
}
