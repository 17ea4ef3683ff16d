// The values of headers of health checks that a configuration file takes from other files. The requests of the file
// have the names alone; here they get the fingerprints.

import type { ProbeFiles } from "../../../config/file/load.ts";
import {
  MAX_VALUE_FILE_BYTES,
  probeValuesProblem,
  valueOfFile,
} from "../../../config/rules/probe_values.ts";
import type {
  Cluster,
  HealthCheckHeaderValue,
  Request,
  SetProtectedHealthCheck,
} from "../../../config/schema/messages.ts";
import { addCluster, clusterOf } from "../../../config/state/verb.ts";
import { readRegularBytes } from "../../io/files/regular_file.ts";
import type { ProbeValues } from "./probe_values.ts";

/** The requests of a file with fingerprints in their checks. */
export interface ProtectedRequests {
  readonly requests: readonly Request[];
  /** The checks with values that could be read. */
  readonly checks: readonly SetProtectedHealthCheck[];
  /** Why others could not, one a line; the requests have their clusters without a check. */
  readonly problems: readonly string[];
}

/** Reads the values that the requests of a file need. Never throws. */
export function readProbeValues(
  requests: readonly Request[],
  files: readonly ProbeFiles[],
  values: Pick<ProbeValues, "fingerprinted">,
): ProtectedRequests {
  if (files.length === 0) return { requests, checks: [], problems: [] };
  const byCluster = new Map(files.map((each) => [each.cluster_id, each]));
  const checks: SetProtectedHealthCheck[] = [];
  const problems: string[] = [];
  const withFingerprints = requests.map((request): Request => {
    const cluster = clusterOf(request.request_type);
    const named = cluster === null ? undefined : byCluster.get(cluster.cluster_id);
    if (cluster === null || named === undefined) return request;
    const check = readCheck(cluster, named);
    if (typeof check === "string") {
      problems.push(`Cluster "${cluster.cluster_id}" has no health check: ${check}`);
      const { health_check: _, ...rest } = cluster;
      return { request_type: addCluster(rest) };
    }
    const { config, ...rest } = values.fingerprinted(check);
    checks.push({ config, ...rest });
    return { request_type: addCluster({ ...cluster, health_check: config }) };
  });
  return { requests: withFingerprints, checks, problems };
}

/** The check of a cluster with its values, or why they cannot be had. */
function readCheck(
  { cluster_id, health_check: config }: Cluster,
  { headers }: ProbeFiles,
): SetProtectedHealthCheck | string {
  if (config === undefined) return "it is not configured";
  const values: HealthCheckHeaderValue[] = [];
  for (const { name, path } of headers) {
    try {
      values.push({ name, value: valueOfFile(readRegularBytes(path, MAX_VALUE_FILE_BYTES)) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `file "${path}" of header "${name}" cannot be read: ${reason}`;
    }
  }
  const problem = probeValuesProblem({ config, values });
  return problem === null ? { cluster_id, config, values } : problem.message;
}
