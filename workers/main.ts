// The entry of a worker process: reads its arguments and gives the worker its data plane.

import manifest from "../deno.json" with { type: "json" };
import { buildId } from "../src/io/build_id.ts";
import { openAccessLog } from "./access_log_open.ts";
import { ProxyDataPlane } from "./data_plane.ts";
import { openSpanLog } from "./span_log_open.ts";
import { runWorkerWith } from "./worker.ts";

/** Runs a worker until it is stopped; `args` are those after `worker`. Resolves with the exit code. */
export function runWorker(args: readonly string[]): Promise<number> {
  const id = Number(args[args.indexOf("--id") + 1]);
  if (!Number.isInteger(id)) {
    console.error("Cannot start the worker: it is started by the main process, with --id NUMBER");
    return Promise.resolve(2);
  }
  const build = buildId({
    version: manifest.version,
    standalone: Deno.build.standalone,
    execPath: Deno.execPath(),
    mainModule: Deno.mainModule,
  });
  return runWorkerWith({ id, build }, (config, onEvent, log) => {
    const plane = new ProxyDataPlane(config, onEvent);
    openAccessLog(config, log, plane);
    openSpanLog(config, log, plane);
    log.onLost = (count) => plane.countLostLines(count);
    return plane;
  });
}
