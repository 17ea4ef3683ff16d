// `[prometheus]`: the address at which main serves its measurements.

import { formatAddress } from "../../values/address.ts";
import { address, path } from "../fields.ts";
import { presentFields } from "../../values/present_fields.ts";
import { resolvePath } from "../path.ts";
import type { Problems } from "../problem.ts";
import { optional, required, type TableReading } from "../table.ts";

/** Where measurements are served. */
export interface PrometheusSettings {
  readonly address: string;
  /** Absolute paths of PEM files; both or neither. */
  readonly certificate?: string;
  readonly key?: string;
}

/** Keys of `[prometheus]`. */
export const PROMETHEUS_KEYS = {
  address: required(address, "address to serve /metrics, /healthz and /readyz at"),
  certificate: optional(path, "certificate chain to serve it over TLS, PEM"),
  key: optional(path, "private key of the certificate, PEM"),
};

/** The settings, paths resolved against `directory`, or undefined when something is missing, which has been reported. */
export function prometheusSettings(
  reading: TableReading<typeof PROMETHEUS_KEYS>,
  directory: string,
  problems: Problems,
): PrometheusSettings | undefined {
  const { address, certificate, key } = reading.values;
  if ((certificate === undefined) !== (key === undefined)) {
    const lonely = certificate === undefined ? "key" : "certificate";
    problems.error(reading.at(lonely), "Needs its other half: 'certificate' and 'key' go together");
    return undefined;
  }
  if (address === undefined) return undefined;
  const resolve = (name: string | undefined) =>
    name === undefined ? undefined : resolvePath(directory, name);
  return {
    address: formatAddress(address),
    ...presentFields({ certificate: resolve(certificate), key: resolve(key) }),
  };
}
