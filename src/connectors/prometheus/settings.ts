// The configuration file of the Prometheus connector: the keys of the upstream connector, and one more.
// Errors name line and key like those of the proxy's own file.

import { formatAddress } from "../../../config/values/address.ts";
import { address, boolean, oneOf, path, text } from "../../../config/file/fields.ts";
import { directoryOf, resolvePath } from "../../../config/file/path.ts";
import { formatProblem, Problems } from "../../../config/file/problem.ts";
import { defaulted, optional, readTable, required, tableOf } from "../../../config/file/table.ts";
import { parseToml } from "../../../config/file/toml.ts";

/** The names of the families: those of the upstream connector, or those of main. */
export type MetricNames = "connector" | "sozu";

/** The settings of a connector. */
export interface ConnectorSettings {
  /** `ip:port` to serve at. */
  readonly listeningAddress: string;
  /** The series of each worker are exposed as well. */
  readonly perWorkerMetrics: boolean;
  readonly metricNames: MetricNames;
  /** Absolute path of the configuration file of the proxy. */
  readonly proxyConfiguration: string;
}

const KEYS = {
  "listening-address": required(address, "address to serve /metrics at"),
  "per-worker-metrics": defaulted(boolean, false, "also the series of each worker"),
  "metric-names": defaulted(
    oneOf<MetricNames>({ connector: "connector", sozu: "sozu" }),
    "connector",
    "names of families",
  ),
  sozu: required(
    tableOf({ configuration: required(path, "configuration file of the proxy") }),
    "the proxy to ask",
  ),
  sentry: optional(
    tableOf({ dsn: optional(text, "not used here"), env: optional(text, "not used here") }),
    "not used here",
  ),
};

/**
 * The settings in the text of a file, whose path may be relative to `cwd`, or every problem of it, one a line.
 * Relative paths in it begin in its folder.
 */
export function readConnectorSettings(
  file: string,
  content: string,
  cwd = "/",
): ConnectorSettings | string {
  const problems = new Problems(file);
  const document = parseToml(content);
  if (document.kind === "toml-error") {
    problems.error(document.place, document.message);
    return problems.errors().map(formatProblem).join("\n");
  }
  const { values } = readTable(KEYS, document, { key: "", line: 1 }, problems);
  const errors = problems.errors();
  const listening = values["listening-address"];
  const configuration = values.sozu?.values.configuration;
  if (errors.length > 0 || listening === undefined || configuration === undefined) {
    return errors.map(formatProblem).join("\n");
  }
  return {
    listeningAddress: formatAddress(listening),
    perWorkerMetrics: values["per-worker-metrics"],
    metricNames: values["metric-names"],
    proxyConfiguration: resolvePath(directoryOf(resolvePath(cwd, file)), configuration),
  };
}
