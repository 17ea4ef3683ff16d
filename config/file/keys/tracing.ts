// `[tracing]`: trace context of requests and the export of spans.

import { DEFAULT_SAMPLE_RATIO, DEFAULT_SERVICE_NAME } from "../../defaults.ts";
import { matching, type Reader, reject } from "../fields.ts";
import { presentFields } from "../../values/present_fields.ts";
import { defaulted, optional, type TableReading } from "../table.ts";
import type { ServerTracingConfig } from "../../schema/messages.ts";

const MILLION = 1_000_000;

/** A share of all, as a number from 0 to 1. */
const share: Reader<number> = {
  accepts: "a number from 0 to 1",
  read(value, place, problems) {
    if (value.kind === "integer" || value.kind === "float") {
      const number = Number(value.value);
      if (number >= 0 && number <= 1) return number;
    }
    return reject(value, this.accepts, place, problems);
  },
};

/** Keys of `[tracing]`. */
export const TRACING_KEYS = {
  otlp_endpoint: optional(
    matching(
      "the URL of a collector like 'http://127.0.0.1:4318'",
      /^https?:\/\/[^\s/?#]+[^\s?#]*$/,
    ),
    "where spans go, OTLP over HTTP",
  ),
  sample_ratio: defaulted(share, DEFAULT_SAMPLE_RATIO, "share of new traces that are exported"),
  service_name: defaulted(
    matching("a name", /^[\x20-\x7e]{1,255}$/),
    DEFAULT_SERVICE_NAME,
    "name of this proxy in traces",
  ),
};

/** The message workers get. */
export function tracingMessage(reading: TableReading<typeof TRACING_KEYS>): ServerTracingConfig {
  const { otlp_endpoint, sample_ratio, service_name } = reading.values;
  return {
    ...presentFields({ otlp_endpoint }),
    sampled_per_million: Math.round(sample_ratio * MILLION),
    service_name,
  };
}
