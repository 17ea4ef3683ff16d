// A place for one request on a connection of HTTP/2 to some backend of a cluster. Nothing has been sent yet, so
// another backend may be tried while attempts are left. What opening a connection means for the backend is told
// by the pool, once for all who wait for it.

import type { Backend } from "../../../balancing/backend.ts";
import type { FlowKey } from "../../../balancing/flows/flow_key.ts";
import type { Cluster } from "../../cluster.ts";
import { Interruption } from "../../interruption.ts";
import { Reason } from "../../reason.ts";
import { type DeadlineWheel, TICK_MS } from "../../timing/deadline_wheel.ts";
import { noteTried, pickUntried, type Purpose, type Timer } from "../connect.ts";
import type { UpstreamPool } from "../pool.ts";
import type { SharedUpstreamPool } from "./pool.ts";
import type { StreamSlot } from "./stream_slot.ts";

/** The client that waits for it. */
export interface WaitingForStream {
  readonly worker: {
    readonly clock: () => number;
    accountClock: () => number;
    readonly wheel: Pick<DeadlineWheel, "now">;
    readonly upstreams: Pick<UpstreamPool, "attemptsFor">;
  };
  readonly listener: { readonly timeouts: { readonly connect: number } };
}

/** How the backend is chosen. */
export interface StreamOptions {
  /** The backend to try first, at which there is no place now; `null` leaves the choice to the policy. */
  readonly first: Backend | null;
  /** Only a connection that has carried nothing yet will do. */
  readonly fresh: boolean;
  /** The connections there are. */
  readonly pool: Pick<SharedUpstreamPool, "take" | "wait">;
  /** Keeps clients together whose policy asks for it, see Policy; `null` for none. */
  readonly key: FlowKey | null;
}

/** A connection that is being opened fails by its own deadline, before that of those who wait for it. */
const GRACE_MS = 3 * TICK_MS;

/**
 * A place for a stream. `null` when none can be had, for the reason that the account then holds, or when none
 * is needed any more. Attempts count for the account, not for the call.
 */
export async function acquireStream(
  purpose: Purpose & { readonly account: { reused: boolean } },
  client: WaitingForStream,
  timer: Timer,
  cluster: Cluster,
  { first, fresh, pool, key }: StreamOptions,
): Promise<StreamSlot | null> {
  const { worker } = client;
  const { account } = purpose;
  let backend = first;
  let isFull = first !== null;
  while (account.attempts < worker.upstreams.attemptsFor(cluster)) {
    backend ??= pickUntried(account, cluster, worker.wheel.now, key);
    if (backend === null) break;
    account.attempts++;
    account.backend = backend;
    const slot = isFull ? null : pool.take(backend, fresh);
    isFull = false;
    account.reused = slot !== null;
    if (slot !== null) return slot;
    timer.arm(client.listener.timeouts.connect + GRACE_MS);
    const controller = new AbortController();
    purpose.connecting = controller;
    const opened = await waitFor(purpose, controller.signal, client, cluster, backend, {
      fresh,
      pool,
    });
    if (purpose.interruption !== Interruption.NONE) {
      // It ended in the very moment in which a place was found.
      opened?.discard();
      return null;
    }
    if (opened !== null) return opened;
    noteTried(account, backend);
    backend = null;
    // It was not the backend that failed: there was no room at it in time, and nowhere else.
    if (controller.signal.aborted) {
      backend = pickUntried(account, cluster, worker.wheel.now, key);
      if (backend === null || account.tried?.includes(backend) === true) {
        account.reason = Reason.CONNECT_TIMEOUT;
        return null;
      }
    }
  }
  account.reason = account.attempts === 0 ? Reason.NO_BACKEND : Reason.CONNECT_FAILED;
  return null;
}

async function waitFor(
  purpose: Purpose,
  signal: AbortSignal,
  { worker, listener }: WaitingForStream,
  cluster: Cluster,
  backend: Backend,
  { fresh, pool }: Pick<StreamOptions, "fresh" | "pool">,
): Promise<StreamSlot | null> {
  const began = worker.clock();
  const { connect } = listener.timeouts;
  try {
    const slot = await pool.wait(
      cluster,
      backend,
      fresh,
      connect,
      signal,
    );
    purpose.account.connectedAt = worker.accountClock();
    purpose.account.connectMs = worker.clock() - began;
    return slot;
  } catch {
    // Why has been told by whoever opened the connection.
    return null;
  } finally {
    purpose.connecting = null;
  }
}
