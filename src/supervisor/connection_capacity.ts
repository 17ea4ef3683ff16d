// Whether the limits of the system allow the configured number of connections.

import type { DescriptorLimits } from "../io/process/descriptor_limit.ts";

/** A session has a client connection and nearly always a backend connection. */
const DESCRIPTORS_PER_CONNECTION = 2;

/** Descriptors a worker needs for `max_connections`. */
export function descriptorsFor(maxConnections: number): number {
  return DESCRIPTORS_PER_CONNECTION * maxConnections;
}

/** Why `maxConnections` is too many for these limits, with the numbers; `null` when it is not. */
export function capacityProblem(
  maxConnections: number,
  { soft, hard, system }: DescriptorLimits,
): string | null {
  const wanted = descriptorsFor(maxConnections);
  if (maxConnections > system) {
    return `max_connections = ${maxConnections} is more than the files this system can open ` +
      `(fs.file-max = ${system}), accepted: up to ${system}`;
  }
  if (soft >= wanted) return null;
  return `max_connections = ${maxConnections} needs ${wanted} file descriptors in each worker, and ` +
    `the limit is ${soft} (hard limit ${hard}) and could not be raised; accepted: max_connections ` +
    `up to ${Math.floor(soft / DESCRIPTORS_PER_CONNECTION)}, or a higher limit ` +
    "(LimitNOFILE= of the service, ulimit -n)";
}
