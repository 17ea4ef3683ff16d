// `backends` of a cluster.

import { formatAddress } from "../../values/address.ts";
import { DEFAULT_BACKEND_WEIGHT } from "../../defaults.ts";
import { backendAddress, type BackendNames, type NamedAddress } from "../backend_names.ts";
import { boolean, text, u8 } from "../fields.ts";
import type { PlaceOf, Problems } from "../problem.ts";
import { presentFields } from "../../values/present_fields.ts";
import { defaulted, optional, placesOf, required, type TableReading } from "../table.ts";
import type { AddBackend, SocketAddress } from "../../schema/messages.ts";

/** Keys of a backend. */
export const BACKEND_KEYS = {
  address: required(backendAddress, "where the backend listens; a name is resolved once"),
  backend_id: optional(text, "name; absent = cluster, index and address"),
  unix_path: optional(text, "unix socket to dial instead: an absolute path, or @name"),
  weight: defaulted(u8, DEFAULT_BACKEND_WEIGHT, "share of the load"),
  sticky_id: optional(text, "value of the sticky cookie"),
  backup: optional(boolean, "used only when every other backend is down"),
};

/** A `backends` table that was read. */
export type BackendReading = TableReading<typeof BACKEND_KEYS>;

/** A backend, and where in the file it stands. */
export interface PlacedBackend {
  readonly backend: AddBackend;
  readonly at: PlaceOf;
}

/**
 * The messages of the backends of a cluster: none for one whose address is missing or wrong, which was reported
 * before, and one for each address of a name. Without `names`, those with names are left out.
 */
export function backendMessages(
  readings: readonly BackendReading[],
  clusterId: string,
  names: BackendNames | undefined,
  problems: Problems,
): PlacedBackend[] {
  const placed = readings.flatMap((reading, index): PlacedBackend[] => {
    const { address, backend_id, sticky_id } = reading.values;
    if (address === undefined) return [];
    const at = placesOf(reading);
    if (!isNamed(address)) {
      const id = backend_id ?? `${clusterId}-${index}-${formatAddress(address)}`;
      return [{ backend: message(reading, clusterId, address, id, sticky_id), at }];
    }
    const found = names?.addressesOf(address, reading.at("address"), problems) ?? [];
    const stem = backend_id ?? `${clusterId}-${address.host}:${address.port}`;
    return found.map((ip) => {
      const suffix = `-${formatAddress(ip)}`;
      const sticky = sticky_id === undefined ? undefined : sticky_id + suffix;
      return { backend: message(reading, clusterId, ip, stem + suffix, sticky), at };
    });
  });
  checkIdentities(placed, problems);
  return placed;
}

function message(
  reading: BackendReading,
  clusterId: string,
  address: SocketAddress,
  id: string,
  sticky_id: string | undefined,
): AddBackend {
  const { weight, backup, unix_path } = reading.values;
  return {
    cluster_id: clusterId,
    backend_id: id,
    address,
    load_balancing_parameters: { weight },
    ...presentFields({ sticky_id, backup, unix_path }),
  };
}

/** Behind a unix socket nothing but the address tells one backend from another. */
function checkIdentities(placed: readonly PlacedBackend[], problems: Problems): void {
  const counts = new Map<string, number>();
  for (const { backend } of placed) {
    const text = formatAddress(backend.address);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  for (const { backend: { address, unix_path }, at } of placed) {
    const text = formatAddress(address);
    if (unix_path === undefined || (counts.get(text) ?? 0) < 2) continue;
    problems.error(
      at("address"),
      `Address '${text}' is that of several backends; a unix backend's address is its identity ` +
        "and must be unique in the cluster",
    );
  }
}

function isNamed(address: SocketAddress | NamedAddress): address is NamedAddress {
  return "host" in address;
}
