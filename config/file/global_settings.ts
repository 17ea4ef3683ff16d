// What the keys at the top level become: defaults that depend on other keys, clamps, resolved paths
// and the checks that need no listener or cluster.

import * as defaults from "../defaults.ts";
import type { GLOBAL_KEYS } from "./keys/globals.ts";
import { presentFields } from "../values/present_fields.ts";
import { absoluteLogTarget, LOG_TARGET_FORMS, parseLogTarget } from "../values/log_target.ts";
import { metricsMessage } from "./keys/metrics.ts";
import { directoryOf, namesAFile, resolvePath } from "./path.ts";
import { type Problems, quote } from "./problem.ts";
import { prometheusSettings } from "./keys/prometheus.ts";
import type { TableReading } from "./table.ts";
import { tracingMessage } from "./keys/tracing.ts";

type GlobalReading = Pick<TableReading<typeof GLOBAL_KEYS>, "values" | "at" | "has">;

/** Where paths begin; both absolute. */
export interface Directories {
  /** Directory of the configuration file: what every relative path in it refers to. */
  readonly config: string;
  /** Working directory of the process: for what is there without being named. */
  readonly cwd: string;
}

/** The directories for a configuration path that is itself relative to the working directory. */
export function directoriesOf(configPath: string, cwd: string): Directories {
  return { config: directoryOf(resolvePath(cwd, configPath)), cwd };
}

/**
 * Settings that do not belong to a listener or a cluster, under the names of the keys; keys/globals.ts says
 * what each means and its unit. Paths are absolute.
 */
export type GlobalSettings = ReturnType<typeof globalSettings>;

/** Clamps, resolves and checks the global keys; reports what cannot work. */
export function globalSettings(
  reading: GlobalReading,
  directories: Directories,
  problems: Problems,
) {
  const { values } = reading;
  checkPaths(reading, problems);
  checkSocketLength(reading, directories, problems);
  checkLimits(reading, problems);
  const from = (name: string | undefined) =>
    name === undefined ? undefined : resolvePath(directories.config, name);
  const target = (text: string) => absoluteLogTarget(directories.config, text);
  return presentFields({
    ...values,
    command_socket: from(values.command_socket) ??
      resolvePath(directories.cwd, defaults.DEFAULT_COMMAND_SOCKET_NAME),
    saved_state: from(values.saved_state),
    audit_logs_target: from(values.audit_logs_target),
    audit_logs_json_target: from(values.audit_logs_json_target),
    pid_file_path: from(values.pid_file_path),
    log_target: target(values.log_target),
    access_logs_target: values.access_logs_target && target(values.access_logs_target),
    access_logs_colored: values.access_logs_colored ?? values.log_colored,
    min_buffers: Math.min(values.min_buffers, values.max_buffers),
    slab_entries_per_connection: clampSlabEntries(values.slab_entries_per_connection),
    metrics: values.metrics && metricsMessage(values.metrics),
    prometheus: values.prometheus &&
      prometheusSettings(values.prometheus, directories.config, problems),
    tracing: values.tracing && tracingMessage(values.tracing),
  });
}

function checkPaths(reading: GlobalReading, problems: Problems): void {
  for (const key of ["command_socket", "saved_state"] as const) {
    const value = reading.values[key];
    if (value !== undefined && !namesAFile(value)) {
      problems.error(reading.at(key), `Wrong value ${quote(value)}, accepted: the path of a file`);
    }
  }
  if (reading.values.automatic_state_save && reading.values.saved_state === undefined) {
    problems.error(
      reading.at("automatic_state_save"),
      "Needs 'saved_state', accepted: false, or true together with the path of the state file",
    );
  }
  if (parseLogTarget(reading.values.log_target) === null) {
    const value = quote(reading.values.log_target);
    problems.warn(
      reading.at("log_target"),
      `Wrong value ${value}, logs go to stdout; accepted: ${LOG_TARGET_FORMS}`,
    );
  }
}

/** The address of a socket has a fixed length, and main binds it under longer names first. */
function checkSocketLength(
  { values, at }: GlobalReading,
  { config }: Directories,
  problems: Problems,
): void {
  const { command_socket } = values;
  if (command_socket === undefined) return;
  const length = new TextEncoder().encode(resolvePath(config, command_socket)).length;
  if (length <= defaults.MAX_COMMAND_SOCKET_BYTES) return;
  problems.error(
    at("command_socket"),
    `Wrong value ${quote(command_socket)}, accepted: a path of up to ` +
      `${defaults.MAX_COMMAND_SOCKET_BYTES} bytes with its folder, this one has ${length}`,
  );
}

function checkLimits(reading: GlobalReading, problems: Problems): void {
  const { values, at, has } = reading;
  if (has("command_buffer_size") && values.command_buffer_size > values.max_command_buffer_size) {
    problems.error(
      at("command_buffer_size"),
      `Wrong value '${values.command_buffer_size}', accepted: up to max_command_buffer_size, ` +
        `'${values.max_command_buffer_size}'`,
    );
  }
  if (values.min_buffers > values.max_buffers) {
    problems.warn(at("min_buffers"), `Lowered to max_buffers, '${values.max_buffers}'`);
  }
  const slab = values.slab_entries_per_connection;
  const clamped = clampSlabEntries(slab);
  if (slab !== clamped) {
    problems.warn(at("slab_entries_per_connection"), `Value '${slab}' is changed to '${clamped}'`);
  }
  const credentials = values.basic_auth_max_credential_bytes ?? 0;
  if (credentials * defaults.BASIC_AUTH_BUFFER_DIVISOR >= values.buffer_size && credentials > 0) {
    problems.warn(
      at("basic_auth_max_credential_bytes"),
      `Value '${credentials}' is a third of buffer_size '${values.buffer_size}' or more: such ` +
        "credentials may not fit in a request head",
    );
  }
  if (
    values.evict_on_queue_full &&
    values.max_connections < defaults.MIN_CONNECTIONS_FOR_EVICTION
  ) {
    problems.warn(
      at("evict_on_queue_full"),
      `One session at a time is evicted: max_connections '${values.max_connections}' is below ` +
        `${defaults.MIN_CONNECTIONS_FOR_EVICTION}`,
    );
  }
}

function clampSlabEntries(entries: number | undefined): number | undefined {
  if (entries === undefined) return undefined;
  const atLeast = Math.max(entries, defaults.MIN_SLAB_ENTRIES_PER_CONNECTION);
  return Math.min(atLeast, defaults.MAX_SLAB_ENTRIES_PER_CONNECTION);
}
