// The measurements of a worker on their way to a statsd server, if one is configured.

import { formatIp, parseAddress } from "../config/values/address.ts";
import type { ServerConfig } from "../config/schema/messages.ts";
import { DatagramTimer } from "../src/io/net/datagram_timer.ts";
import { udpRoute } from "../src/io/log/sink_datagram.ts";
import { loggerOf } from "../src/observe/log/log.ts";
import { type DrainedScope, StatsdDrain } from "../src/observe/metrics/statsd_drain.ts";
import type { Outlet } from "./outlet.ts";
import type { WorkerMeasurements } from "../src/proxy/measure/measurements.ts";

/** What names begin with when the configuration says nothing (sozu 2.1). */
const DEFAULT_PREFIX = "sozu";

/** The process whose measurements are sent. */
export interface StatsdHost {
  /** `WRK-00`. */
  readonly tag: string;
  /** Of the program. */
  readonly version: string;
  /** Looks after one more way out of the process. */
  adopt(outlet: Outlet): void;
}

/** Sends what is measured every second, if the configuration names a server. */
export function openStatsd(
  { metrics }: ServerConfig,
  host: StatsdHost,
  measurements: WorkerMeasurements,
): void {
  if (metrics === undefined) return;
  const log = loggerOf("statsd");
  const address = parseAddress(metrics.address);
  if (address === null) {
    log.error("Metrics are not sent: {address} is not an address", { address: metrics.address });
    return;
  }
  const drain = new StatsdDrain({
    prefix: metrics.prefix ?? DEFAULT_PREFIX,
    origin: host.tag,
    version: host.version,
    tagged: metrics.tagged_metrics,
  });
  measurements.scopes.times = drain.times;
  host.adopt(
    new DatagramTimer({
      open: () => udpRoute(formatIp(address.ip), address.port),
      gather: () => drain.pass(scopesOf(measurements)),
      failing: (problem) => log.error("Metrics cannot be sent: {problem}", { problem }),
    }),
  );
}

function* scopesOf(measurements: WorkerMeasurements): Iterable<DrainedScope> {
  yield { cluster: null, backend: null, ...measurements.proxy };
  for (const { id, metrics, series, backends } of measurements.clusters()) {
    yield { cluster: id, backend: null, metrics, series };
    for (const backend of backends) yield { ...backend, cluster: id, backend: backend.id };
  }
}
