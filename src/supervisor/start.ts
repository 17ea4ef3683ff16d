// From a configuration file to a running main process, and to its exit code. Everything that can
// keep it from starting is reported on standard error before any worker exists.

import { MAX_CONFIG_FILE_BYTES } from "../../config/defaults.ts";
import { type Config, formatProblem, loadConfig, type LoadResult } from "../../config/file.ts";
import manifest from "../../deno.json" with { type: "json" };
import { buildId } from "../io/build_id.ts";
import { guardProcess } from "../io/process_guard.ts";
import { BindError, bindUnixSocket } from "../io/unix_socket.ts";
import { loggerOf } from "../observe/log.ts";
import type { FileSource } from "./main_context.ts";
import { ProcessLog } from "./process_log.ts";
import { currentImage } from "./self_command.ts";
import { Supervisor } from "./supervisor.ts";

/** How to start. */
export interface StartOptions {
  /** Path of the configuration file, as given. */
  readonly configPath: string;
}

const EXIT_OK = 0;
const EXIT_FAILURE = 1;

/** Runs the main process until it is stopped; resolves with the exit code. */
export async function start({ configPath }: StartOptions): Promise<number> {
  const loaded = await readConfig(configPath);
  for (const warning of loaded.warnings) console.error(formatProblem(warning));
  if (!loaded.ok) {
    for (const problem of loaded.errors) console.error(formatProblem(problem));
    return EXIT_FAILURE;
  }
  const { config } = loaded;
  // Before the PID file: that of a main process that is alive must not be overwritten.
  const listener = await bindUnixSocket(config.command_socket);
  if (listener instanceof BindError) {
    console.error(listener.message);
    return EXIT_FAILURE;
  }
  try {
    writePidFile(config.pid_file_path);
    const log = new ProcessLog({
      target: config.log_target,
      filter: Deno.env.get("RUST_LOG") ?? config.log_level,
      colored: config.log_colored,
      json: config.log_format === "json",
    });
    for (const notice of log.notices) console.error(notice);
    const build = buildId({ version: manifest.version, ...currentImage() });
    const files = fileSource(configPath);
    const supervisor = new Supervisor({ config, files, log, listener, build });
    await supervise(supervisor, config);
    await log.flushed();
    return EXIT_OK;
  } catch (error) {
    console.error(`Cannot start: ${error instanceof Error ? error.message : error}`);
    return EXIT_FAILURE;
  } finally {
    listener.close();
    removePidFile(config.pid_file_path);
  }
}

async function supervise(supervisor: Supervisor, config: Config): Promise<void> {
  const onSignal = () => void supervisor.stop();
  const signals = ["SIGTERM", "SIGINT"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  const onRotation = () => supervisor.reopenLogs();
  Deno.addSignalListener("SIGUSR1", onRotation);
  const log = loggerOf("supervisor");
  const unguard = guardProcess((what, text, count) => {
    supervisor.fleet.counters.panics = count;
    log.error("{what} (number {count}): {text}", { what, text, count });
  });
  try {
    await supervisor.loadConfiguration();
    await supervisor.run();
    const pids = supervisor.fleet.pool.targets().map(({ id, pid }) => `${id} (pid ${pid})`);
    log.info("Listening on {socket}, workers {pids}", {
      socket: config.command_socket,
      pids: pids.join(", ") || "none",
    });
    await supervisor.finished;
  } finally {
    unguard();
    for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
    Deno.removeSignalListener("SIGUSR1", onRotation);
  }
}

/** Configuration files as the reload verb wants them. */
function fileSource(configPath: string): FileSource {
  return {
    configPath,
    load: async (path) => {
      const loaded = await readConfig(path);
      return loaded.ok
        ? { ok: true, requests: loaded.config.requests }
        : { ok: false, problems: loaded.errors.map(formatProblem) };
    },
  };
}

/** Reads and checks a configuration file; never throws. */
async function readConfig(path: string): Promise<LoadResult> {
  const problem = (message: string): LoadResult => ({
    ok: false,
    errors: [{ file: path, line: 1, key: "", message }],
    warnings: [],
  });
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) return problem("The path is no regular file");
    if (size > MAX_CONFIG_FILE_BYTES) {
      return problem(`The file has ${size} bytes, accepted: up to ${MAX_CONFIG_FILE_BYTES}`);
    }
    const text = await Deno.readTextFile(path);
    return loadConfig(text, { path, cwd: Deno.cwd(), readFile: Deno.readTextFileSync });
  } catch (error) {
    return problem(`Cannot read the file: ${error instanceof Error ? error.message : error}`);
  }
}

function writePidFile(path: string | undefined): void {
  if (path !== undefined) Deno.writeTextFileSync(path, String(Deno.pid));
}

/** Removes the PID file, unless another process has put its own there. */
function removePidFile(path: string | undefined): void {
  if (path === undefined) return;
  try {
    if (Deno.readTextFileSync(path) === String(Deno.pid)) Deno.removeSync(path);
  } catch {
    // It is gone already.
  }
}
