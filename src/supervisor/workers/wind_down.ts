// How workers leave whose place others have taken: nothing new comes to them, every connection ends with
// its next response, those that stay silent are told to go, and what is left when the time of a soft
// stop is over is cut.

import { SOFT_STOP } from "../../../config/state/verb.ts";
import { type Gatherer, parcelsFor, type WorkerChannel } from "../commands/fan_out.ts";

/** A worker that can be seen to end, and made to. */
export interface LeavingWorker extends WorkerChannel {
  readonly ended: Promise<unknown>;
  /** Ends it at once. */
  kill(): void;
}

/**
 * How long clients that keep their connection get to send one more request, in milliseconds: its
 * response tells them to leave, which a closed connection could only do too late.
 */
const SILENT_MS = 2_000;

/** What letting workers leave takes. */
export interface WindDownParts {
  readonly gatherer: Gatherer;
  /** How long what is under way may take, in milliseconds; 0 means for ever. */
  readonly softStopMs: number;
}

/** Lets workers leave; resolves when all have ended, with whether something had to be cut. */
export async function windDown(
  { gatherer, softStopMs }: WindDownParts,
  workers: readonly LeavingWorker[],
): Promise<boolean> {
  const ended = Promise.all(workers.map((worker) => worker.ended));
  let isOver = false;
  void ended.then(() => isOver = true);
  const silent = softStopMs > 0 ? Math.min(SILENT_MS, softStopMs) : SILENT_MS;
  const quiet = gatherer.scatter({
    verb: "WindDown",
    parcels: parcelsFor(workers, { request_type: { kind: "wind_down", value: {} } }),
    patience: { kind: "endless" },
  });
  await Promise.race([quiet, pause(silent)]);
  void gatherer.scatter({
    verb: "SoftStop",
    parcels: parcelsFor(workers, { request_type: SOFT_STOP }),
    patience: { kind: "endless" },
  });
  const rest = softStopMs - silent;
  await (softStopMs > 0 ? Promise.race([ended, pause(rest)]) : ended);
  if (isOver) return false;
  for (const worker of workers) worker.kill();
  await ended;
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    // What is waited for may be over long before, and the process with it.
    Deno.unrefTimer(timer);
  });
}
