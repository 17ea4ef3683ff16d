// The entry of a worker process: reads the arguments and builds the data plane for worker.ts.

import manifest from "../deno.json" with { type: "json" };
import { forbidCoreDumps } from "../src/io/process/core_dumps.ts";
import { buildId } from "../src/io/process/build_id.ts";
import { ProxyDataPlane } from "../src/proxy/data_plane.ts";
import { runtimeParts } from "../src/proxy/runtime_parts.ts";
import { openAccessLog } from "./access_log.ts";
import { openSpanLog } from "./span_log.ts";
import { openStatsd } from "./statsd.ts";
import { runWorkerWith } from "./worker.ts";

/** Runs a worker until it is stopped; `args` are those after `worker`. Resolves with the exit code. */
export async function runWorker(args: readonly string[]): Promise<number> {
  const exposed = forbidCoreDumps();
  if (exposed !== null) console.error(exposed);
  const option = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? null : args[at + 1] ?? null;
  };
  const id = Number(option("--id") ?? NaN);
  if (!Number.isInteger(id)) {
    console.error("Cannot start the worker: it is started by the main process, with --id NUMBER");
    return 2;
  }
  const build = await buildId({
    version: manifest.version,
    standalone: Deno.build.standalone,
    execPath: Deno.execPath(),
    mainModule: Deno.mainModule,
  });
  const identity = {
    id,
    build,
    commandSocket: option("--command-socket"),
    softStopMs: Number(option("--soft-stop-ms") ?? 0),
  };
  return await runWorkerWith(identity, (config, onEvent, log) => {
    const plane = new ProxyDataPlane(config, onEvent, runtimeParts());
    openAccessLog(config, log, plane);
    openSpanLog(config, log, plane);
    openStatsd(config, log, plane.measurements);
    log.onLost = (count) => plane.countLostLines(count);
    return plane;
  });
}
