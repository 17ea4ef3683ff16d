// Gives a worker the values of headers that main holds, as a change of its own: prepared, committed and released.

import { encode } from "../../../config/codec/protobuf.ts";
import {
  ProtectedHealthCheckPhase,
  Request,
  type SetProtectedHealthCheck,
} from "../../../config/schema/messages.ts";
import type { ReadonlyTables } from "../../../config/state/tables.ts";
import { protectedOrder } from "../../../config/state/verb.ts";
import type { WorkerChannel } from "../commands/fan_out.ts";
import type { ProbeValues } from "./probe_values.ts";

/** Ids of the orders begin so. Nobody waits for their answers. */
export const DELIVERY_ID = "PROTECTED-";

/** No change of a client has this version. */
const DELIVERY_VERSION = 0n;

/** What values are delivered from. */
export interface DeliveryParts {
  readonly state: { readonly tables: ReadonlyTables };
  readonly probeValues: ProbeValues;
}

/** Queues the held values for workers whose states have the checks; `false` when one could not be queued. */
export function deliverValues(
  { state, probeValues }: DeliveryParts,
  workers: readonly WorkerChannel[],
): boolean {
  const orders = probeValues.inForce(state.tables).flatMap(ordersOf);
  return workers.every((worker) =>
    orders.every((order, index) => worker.send(`${DELIVERY_ID}${worker.id}-${index}`, order))
  );
}

function ordersOf(prepare: SetProtectedHealthCheck): Uint8Array[] {
  const { cluster_id } = prepare;
  const step = { cluster_id, version: DELIVERY_VERSION };
  return [
    { ...step, phase: ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_PREPARE, prepare },
    { ...step, phase: ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_COMMIT },
    { ...step, phase: ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_RELEASE },
  ].map((order) => encode(Request, { request_type: protectedOrder(order) }));
}
