// Sends the metrics of main to a statsd server, if one is configured.

import manifest from "../../../deno.json" with { type: "json" };
import { formatIp, parseAddress } from "../../../config/values/address.ts";
import type { ServerMetricsConfig } from "../../../config/schema/messages.ts";
import { DatagramTimer } from "../../io/net/datagram_timer.ts";
import { udpRoute } from "../../io/log/sink_datagram.ts";
import type { Metric } from "../../observe/metrics/counters.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { StatsdDrain } from "../../observe/metrics/statsd_drain.ts";

/** The default prefix of names, as in sozu 2.1. */
const DEFAULT_PREFIX = "sozu";

/** Sends `metricsNow` every second; `null` without a server. */
export function openMainStatsd(
  metrics: ServerMetricsConfig | undefined,
  metricsNow: () => readonly Metric[],
): DatagramTimer | null {
  const address = metrics === undefined ? null : parseAddress(metrics.address);
  if (metrics === undefined || address === null) return null;
  const log = loggerOf("statsd");
  const drain = new StatsdDrain({
    prefix: metrics.prefix ?? DEFAULT_PREFIX,
    origin: "MAIN",
    version: manifest.version,
    tagged: metrics.tagged_metrics,
  });
  return new DatagramTimer({
    open: () => udpRoute(formatIp(address.ip), address.port),
    gather: () =>
      drain.pass([{ cluster: null, backend: null, metrics: metricsNow(), series: null }]),
    failing: (problem) => log.error("Metrics cannot be sent: {problem}", { problem }),
  });
}
