// Starts a main process from a configuration file and runs it until its exit code. Everything that prevents the start
// is reported on standard error before any worker exists.

import type { PrometheusSettings } from "../../config/file/keys/prometheus.ts";
import { type Config, formatProblem } from "../../config/file/load.ts";
import manifest from "../../deno.json" with { type: "json" };
import { readServable } from "../configuration/servable.ts";
import { buildId } from "../io/process/build_id.ts";
import { forbidCoreDumps } from "../io/process/core_dumps.ts";
import { guardProcess } from "../io/process/guard.ts";
import { raiseDescriptorLimit } from "../io/process/descriptor_limit.ts";
import { BindError, bindUnixSocket } from "../io/net/unix_socket.ts";
import { loggerOf } from "../observe/log/log.ts";
import { capacityProblem, descriptorsFor } from "./connection_capacity.ts";
import { PidFile } from "./pid_file.ts";
import { mainMetrics } from "./metrics/main.ts";
import type { PrometheusServer } from "./metrics/prometheus.ts";
import { accessTargetProblem, ProcessLog } from "./process_log.ts";
import { currentImage } from "./self_command.ts";
import { ServiceManager } from "./service_manager.ts";
import { handleSignals } from "./signals.ts";
import { openMainStatsd } from "./metrics/statsd.ts";
import { Supervisor } from "./supervisor.ts";

/** Options of a start. */
export interface StartOptions {
  /** Path of the configuration file, as given. */
  readonly configPath: string;
}

const EXIT_OK = 0;
const EXIT_FAILURE = 1;

/** Runs the main process until it is stopped; resolves with the exit code. */
export async function start({ configPath }: StartOptions): Promise<number> {
  const exposed = forbidCoreDumps();
  if (exposed !== null) console.error(exposed);
  const loaded = await readServable(configPath, Deno.cwd());
  for (const warning of loaded.warnings) console.error(formatProblem(warning));
  if (!loaded.ok) {
    for (const problem of loaded.errors) console.error(formatProblem(problem));
    return EXIT_FAILURE;
  }
  return await startWith(loaded.config, configPath);
}

async function startWith(config: Config, configPath: string): Promise<number> {
  const problem = limitsProblem(config) ?? accessTargetProblem(config.access_logs_target);
  if (problem !== null) return refuse(problem);
  // The command socket comes before the PID file, which must not be overwritten while another main process runs.
  const listener = await bindUnixSocket(config.command_socket, config.command_socket_mode);
  if (listener instanceof BindError) return refuse(listener.message);
  const { pid_file_path } = config;
  const pidFile = pid_file_path === undefined ? null : PidFile.claim(pid_file_path);
  const service = ServiceManager.open(Deno.env.toObject());
  try {
    if (typeof pidFile === "string") return refuse(pidFile);
    const log = new ProcessLog({
      target: config.log_target,
      filter: Deno.env.get("RUST_LOG") ?? config.log_level,
      colored: config.log_colored,
      json: config.log_format === "json",
    });
    for (const notice of log.notices) console.error(notice);
    const build = await buildId({ version: manifest.version, ...currentImage() });
    const supervisor = new Supervisor({
      config,
      configPath,
      log,
      listener,
      service,
      build,
      snapshot: null,
    });
    const refusal = await supervise(
      supervisor,
      config,
      (exposition) => run(supervisor, config, exposition),
    );
    await log.flushed();
    return refusal === null ? EXIT_OK : refuse(`Cannot start: ${refusal}`);
  } catch (error) {
    return refuse(`Cannot start: ${error instanceof Error ? error.message : error}`);
  } finally {
    service.close();
    listener.close();
    if (pidFile instanceof PidFile) pidFile.remove();
  }
}

function refuse(reason: string): number {
  console.error(reason);
  return EXIT_FAILURE;
}

/** Why the limits of the system are too low for the configuration, after raising them if possible. */
function limitsProblem({ max_connections }: Config): string | null {
  const limits = raiseDescriptorLimit(descriptorsFor(max_connections));
  if (limits !== null) return capacityProblem(max_connections, limits);
  console.error("The limit of file descriptors is unknown here: max_connections is not checked");
  return null;
}

/** Runs a main process that is no successor until it may exit; the reason when it cannot start. */
async function run(
  supervisor: Supervisor,
  config: Config,
  exposition: PrometheusServer | null,
): Promise<string | null> {
  const problem = await exposition?.firstProblem ?? null;
  if (problem !== null) return problem;
  await supervisor.loadConfiguration();
  const refusal = await supervisor.run();
  if (refusal !== null) return refusal;
  const pids = supervisor.fleet.pool.targets().map(({ id, pid }) => `${id} (pid ${pid})`);
  loggerOf("supervisor").info("Listening on {socket}, workers {pids}", {
    socket: config.command_socket,
    pids: pids.join(", ") || "none",
  });
  await supervisor.finished;
  return null;
}

/** Runs `work` with signals, metrics and the exception handler of a main process; leaves no worker behind. */
export async function supervise<T>(
  supervisor: Supervisor,
  { metrics, prometheus }: Config,
  work: (exposition: PrometheusServer | null) => Promise<T>,
): Promise<T> {
  const log = loggerOf("supervisor");
  const unguard = guardProcess((what, text, count) => {
    supervisor.fleet.counters.panics = count;
    log.error("{what} (number {count}): {text}", { what, text, count });
  });
  const unhandle = handleSignals(supervisor);
  const statsd = openMainStatsd(metrics, () => mainMetrics(supervisor.metrics));
  const exposition = prometheus === undefined ? null : await openExposition(prometheus, supervisor);
  void supervisor.replaced.then(() => exposition?.close());
  try {
    return await work(exposition);
  } finally {
    // A worker without a main process would wait for the next one.
    for (const worker of supervisor.fleet.pool.processes()) worker.kill();
    await exposition?.close();
    await statsd?.flushed();
    statsd?.close();
    unguard();
    unhandle();
  }
}

/** Loaded by those who want it only: an HTTP server is no small thing. */
async function openExposition(
  settings: PrometheusSettings,
  { metrics }: Supervisor,
): Promise<PrometheusServer> {
  const { PrometheusServer } = await import("./metrics/prometheus.ts");
  return new PrometheusServer(settings, metrics);
}
