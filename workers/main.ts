// The entry of a worker process: reads its arguments and gives the worker its data plane.

import { ProxyDataPlane } from "./data_plane.ts";
import { runWorkerWith } from "./worker.ts";

/** Runs a worker until it is stopped; `args` are those after `worker`. Resolves with the exit code. */
export function runWorker(args: readonly string[]): Promise<number> {
  const id = Number(args[args.indexOf("--id") + 1]);
  if (!Number.isInteger(id)) {
    console.error("Cannot start the worker: it is started by the main process, with --id NUMBER");
    return Promise.resolve(2);
  }
  return runWorkerWith(id, (config, onEvent) => new ProxyDataPlane(config, onEvent));
}
