// Draining workers that others replace. A draining worker gets no new connections, ends every
// connection with its next response, closes those that stay idle, and is killed when the time of a soft
// stop is over.

import { SOFT_STOP } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { KEEP_ALIVE_FAREWELL_MS } from "../../../config/defaults.ts";
import { type FanOut, requestsFor, type WorkerChannel } from "../commands/fan_out.ts";

/** A worker whose end can be seen and forced. */
export interface LeavingWorker extends WorkerChannel {
  readonly ended: Promise<unknown>;
  /** Ends it at once. */
  kill(): void;
}

/** Drains workers; resolves when all have ended, with whether connections had to be cut. */
export type Drain = (workers: readonly LeavingWorker[]) => Promise<boolean>;

/** What draining workers takes. */
export interface DrainParts {
  readonly fanOut: FanOut;
  /** How long exchanges in progress may take, in milliseconds; 0 means for ever. */
  readonly softStopMs: number;
}

/** Drains workers; see {@link Drain}. */
export async function drain(
  { fanOut, softStopMs }: DrainParts,
  workers: readonly LeavingWorker[],
): Promise<boolean> {
  const ended = Promise.all(workers.map((worker) => worker.ended));
  let haveEnded = false;
  void ended.then(() => haveEnded = true);
  const idleMs = softStopMs > 0
    ? Math.min(KEEP_ALIVE_FAREWELL_MS, softStopMs)
    : KEEP_ALIVE_FAREWELL_MS;
  const idle = fanOut.run({
    verb: "WindDown",
    requests: requestsFor(workers, { request_type: { kind: "wind_down", value: {} } }),
    deadline: { kind: "none" },
  });
  await Promise.race([idle, pause(idleMs)]);
  void fanOut.run({
    verb: "SoftStop",
    requests: requestsFor(workers, requestOf(SOFT_STOP)),
    deadline: { kind: "none" },
  });
  const restMs = softStopMs - idleMs;
  await (softStopMs > 0 ? Promise.race([ended, pause(restMs)]) : ended);
  if (haveEnded) return false;
  for (const worker of workers) worker.kill();
  await ended;
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    // The workers may end long before the pause does; it must not keep the process alive.
    Deno.unrefTimer(setTimeout(resolve, ms));
  });
}
