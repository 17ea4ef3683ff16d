// Which listeners are open, as the workers report it. The state of main says which ones should be open: a
// listener whose address another process has stays active there, and workers try it again.

import { formatAddress } from "../../../config/values/address.ts";
import { type ListenersList, ListenerType, RunState } from "../../../config/schema/messages.ts";
import type { SharedListener } from "./steps.ts";
import type { WorkerPool } from "../workers/pool.ts";
import type { WorkerProcess } from "../workers/process.ts";
import { sanitise } from "../workers/texts.ts";

/** The workers that take requests. */
export type ServingPool = Pick<WorkerPool, "targets">;

/** Whether connections to a listener are accepted by any worker. */
export function isOpen(pool: ServingPool, listener: SharedListener): boolean {
  return pool.targets().some((worker) =>
    worker.phase === "serving" && worker.runState === RunState.RUNNING &&
    !worker.unopened.some((one) => isSame(one, listener))
  );
}

/** A list of listeners in which only open ones are active. */
export function asOpen(pool: ServingPool, list: ListenersList): ListenersList {
  const { http_listeners, https_listeners, tcp_listeners } = list;
  return {
    ...list,
    http_listeners: onlyOpen(pool, ListenerType.HTTP, http_listeners),
    https_listeners: onlyOpen(pool, ListenerType.HTTPS, https_listeners),
    tcp_listeners: onlyOpen(pool, ListenerType.TCP, tcp_listeners),
  };
}

function onlyOpen<L extends { address: SharedListener["address"]; active: boolean }>(
  pool: ServingPool,
  proxy: ListenerType,
  listeners: ReadonlyMap<string, L>,
): Map<string, L> {
  return new Map([...listeners].map(([key, listener]) => [
    key,
    listener.active && !isOpen(pool, { proxy, address: listener.address })
      ? { ...listener, active: false }
      : listener,
  ]));
}

/** Why workers have no socket for listeners that should be open, one text for each reason. */
export function unopenedReasons(
  workers: readonly Pick<WorkerProcess, "id" | "unopened">[],
): string[] {
  const workersOf = new Map<string, number[]>();
  for (const { id, unopened } of workers) {
    for (const { reason } of unopened) workersOf.set(reason, [...workersOf.get(reason) ?? [], id]);
  }
  return [...workersOf].map(([reason, ids]) =>
    `${ids.length === 1 ? "worker" : "workers"} ${ids.join(" and ")}: ${sanitise(reason)}`
  );
}

/** Why a listener is not open; `null` when all are. */
export function closedListener(
  pool: ServingPool,
  listeners: readonly SharedListener[],
): string | null {
  const closed = listeners.find((listener) => !isOpen(pool, listener));
  if (closed === undefined) return null;
  const reasons = pool.targets().flatMap(({ unopened }) =>
    unopened.filter((one) => isSame(one, closed)).map(({ reason }) => reason)
  );
  return `the listener at ${formatAddress(closed.address)} is not open` +
    (reasons[0] === undefined ? "" : ` (${sanitise(reasons[0])})`);
}

function isSame(one: SharedListener, other: SharedListener): boolean {
  return one.proxy === other.proxy && formatAddress(one.address) === formatAddress(other.address);
}
