// `[metrics]`: the statsd drain.

import { formatAddress } from "../../values/address.ts";
import { DEFAULT_TAGGED_METRICS } from "../../defaults.ts";
import { address, boolean, oneOf, text } from "../fields.ts";
import { presentFields } from "../../values/present_fields.ts";
import { defaulted, optional, required, type TableReading } from "../table.ts";
import { MetricDetail, type ServerMetricsConfig } from "../../schema/messages.ts";

/** Keys of `[metrics]`. */
export const METRICS_KEYS = {
  address: required(address, "statsd server, UDP"),
  tagged_metrics: defaulted(boolean, DEFAULT_TAGGED_METRICS, "InfluxDB-style tags"),
  prefix: optional(text, "put before every metric name"),
  detail: defaulted(
    oneOf({
      process: MetricDetail.DETAIL_PROCESS,
      frontend: MetricDetail.DETAIL_FRONTEND,
      cluster: MetricDetail.DETAIL_CLUSTER,
      backend: MetricDetail.DETAIL_BACKEND,
    }),
    MetricDetail.DETAIL_CLUSTER,
    "labels on metrics; each level includes the one before",
  ),
};

/** The message workers get, or undefined when the table lacks its address (already reported). */
export function metricsMessage(
  reading: TableReading<typeof METRICS_KEYS>,
): ServerMetricsConfig | undefined {
  const { address, tagged_metrics, prefix, detail } = reading.values;
  if (address === undefined) return undefined;
  return {
    address: formatAddress(address),
    tagged_metrics,
    ...presentFields({ prefix }),
    detail,
  };
}
