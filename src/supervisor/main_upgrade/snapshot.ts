// The snapshot a main process gives to its successor: the configuration in force, the state, and the
// numbers that must go on counting. The successor does not read the configuration file again.

import { type Config, loadConfig } from "../../../config/file/load.ts";
import type {
  Inheritance,
  InitialState,
  Request,
  SetProtectedHealthCheck,
} from "../../../config/schema/messages.ts";

/** Version of the meaning of the fields. A successor with another version refuses the snapshot. */
export const SNAPSHOT_FORMAT = 1;

/** Everything a successor needs. */
export interface MainSnapshot {
  readonly config: Config;
  readonly state: readonly Request[];
  readonly fileState: readonly Request[];
  readonly settings: readonly Request[];
  readonly nextWorkerId: number;
  readonly nextClientId: number;
  readonly bootGeneration: number;
  readonly logFilter: string;
  /** Health checks of the state with the values of their headers. */
  readonly protectedChecks: readonly SetProtectedHealthCheck[];
}

/** The message of a snapshot. */
export function writeSnapshot(snapshot: MainSnapshot): Inheritance {
  const { requests, ...options } = snapshot.config;
  return {
    format: SNAPSHOT_FORMAT,
    configuration: JSON.stringify(options),
    configuration_requests: stateOf(requests),
    state: stateOf(snapshot.state),
    file_state: stateOf(snapshot.fileState),
    runtime: stateOf(snapshot.settings),
    next_worker_id: snapshot.nextWorkerId,
    next_client_id: snapshot.nextClientId,
    boot_generation: snapshot.bootGeneration,
    log_filter: snapshot.logFilter,
    protected_health_checks: [...snapshot.protectedChecks],
  };
}

/** The snapshot of a message, or why it cannot be used. */
export function readSnapshot(message: Inheritance): MainSnapshot | string {
  if (message.format !== SNAPSHOT_FORMAT) {
    return `The old main process leaves its state in format ${message.format}, this program takes ` +
      `${SNAPSHOT_FORMAT}: stop the old one and start this one instead`;
  }
  const config = readConfig(message.configuration);
  if (typeof config === "string") return config;
  return {
    config: { ...config, requests: requestsOf(message.configuration_requests) },
    state: requestsOf(message.state),
    fileState: requestsOf(message.file_state),
    settings: requestsOf(message.runtime),
    nextWorkerId: message.next_worker_id,
    nextClientId: message.next_client_id,
    bootGeneration: message.boot_generation,
    logFilter: message.log_filter,
    protectedChecks: message.protected_health_checks,
  };
}

/** Options that the program of the old main process did not know have their defaults. */
function readConfig(text: string): Config | string {
  const refusal = "The configuration of the old main process cannot be read";
  const defaults = loadConfig("", { path: "/", cwd: "/", readFile: () => "" });
  if (!defaults.ok) return refusal;
  try {
    const options: unknown = JSON.parse(text);
    if (typeof options !== "object" || options === null) return refusal;
    return { ...defaults.config, ...options };
  } catch {
    return refusal;
  }
}

function stateOf(requests: readonly Request[]): InitialState {
  return { requests: requests.map((content, i) => ({ id: `SAVE-${i}`, content })) };
}

function requestsOf({ requests }: InitialState): Request[] {
  return requests.map(({ content }) => content);
}
