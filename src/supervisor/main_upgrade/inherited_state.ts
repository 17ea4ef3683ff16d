// What a main process leaves to the next one, as a message: the configuration in force, the state, and
// the numbers that must go on counting. The configuration file is not read again.

import { type Config, loadConfig } from "../../../config/file/load.ts";
import type { Inheritance, InitialState, Request } from "../../../config/schema/messages.ts";

/** What the fields of an inheritance mean. A main process that means something else refuses it. */
export const INHERITANCE_FORMAT = 1;

/** The parts of an inheritance. */
export interface Estate {
  readonly config: Config;
  readonly state: readonly Request[];
  readonly fileState: readonly Request[];
  readonly runtime: readonly Request[];
  readonly nextWorkerId: number;
  readonly nextClientId: number;
  readonly bootGeneration: number;
  readonly logFilter: string;
}

/** The message of an estate. */
export function writeInheritance(estate: Estate): Inheritance {
  const { requests, ...options } = estate.config;
  return {
    format: INHERITANCE_FORMAT,
    configuration: JSON.stringify(options),
    configuration_requests: stateOf(requests),
    state: stateOf(estate.state),
    file_state: stateOf(estate.fileState),
    runtime: stateOf(estate.runtime),
    next_worker_id: estate.nextWorkerId,
    next_client_id: estate.nextClientId,
    boot_generation: estate.bootGeneration,
    log_filter: estate.logFilter,
  };
}

/** The estate in a message, or why it cannot be taken. */
export function readInheritance(message: Inheritance): Estate | string {
  if (message.format !== INHERITANCE_FORMAT) {
    return `The old main process leaves its state in format ${message.format}, this program takes ` +
      `${INHERITANCE_FORMAT}: stop the old one and start this one instead`;
  }
  const config = readConfig(message.configuration);
  if (typeof config === "string") return config;
  return {
    config: { ...config, requests: requestsOf(message.configuration_requests) },
    state: requestsOf(message.state),
    fileState: requestsOf(message.file_state),
    runtime: requestsOf(message.runtime),
    nextWorkerId: message.next_worker_id,
    nextClientId: message.next_client_id,
    bootGeneration: message.boot_generation,
    logFilter: message.log_filter,
  };
}

/** Options that this program knows and the old one did not have their defaults. */
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
