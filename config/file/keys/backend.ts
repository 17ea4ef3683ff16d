// `backends` of a cluster.

import { formatAddress } from "../../values/address.ts";
import { DEFAULT_BACKEND_WEIGHT } from "../../defaults.ts";
import { address, boolean, text, u8 } from "../fields.ts";
import { presentFields } from "../../values/present_fields.ts";
import { defaulted, optional, required, type TableReading } from "../table.ts";
import type { AddBackend } from "../../schema/messages.ts";

/** Keys of a backend. */
export const BACKEND_KEYS = {
  address: required(address, "where the backend listens"),
  backend_id: optional(text, "name; absent = cluster, index and address"),
  weight: defaulted(u8, DEFAULT_BACKEND_WEIGHT, "share of the load"),
  sticky_id: optional(text, "value of the sticky cookie"),
  backup: optional(boolean, "used only when every other backend is down"),
};

/** The message; undefined when the address is missing or wrong (reported before). */
export function backendMessage(
  reading: TableReading<typeof BACKEND_KEYS>,
  clusterId: string,
  index: number,
): AddBackend | undefined {
  const { address, backend_id, weight, sticky_id, backup } = reading.values;
  if (address === undefined) return undefined;
  return {
    cluster_id: clusterId,
    backend_id: backend_id ?? `${clusterId}-${index}-${formatAddress(address)}`,
    address,
    load_balancing_parameters: { weight },
    ...presentFields({ sticky_id, backup }),
  };
}
