// Loads a configuration file: text in, settings and an ordered list of requests out, or every
// problem of the file with its line. Pure: other files are read through an injected function, and
// no command socket, state file or environment variable is touched.

import { MIN_BUFFER_BYTES_FOR_H2 } from "../defaults.ts";
import type { BackendNames } from "./backend_names.ts";
import { CLUSTER_KEYS, type ClusterReading } from "./keys/cluster.ts";
import { warnOfChangedMeaning } from "./changed_meaning.ts";
import { clusterRequests } from "./cluster_requests.ts";
import type { Config, GlobalSettings } from "./config.ts";
import { arrayOf } from "./fields.ts";
import { directoriesOf, globalSettings } from "./global_settings.ts";
import { GLOBAL_KEYS } from "./keys/globals.ts";
import { LISTENER_KEYS, ListenerBuilder } from "./keys/listener.ts";
import { FileListeners } from "./match_listeners.ts";
import { type ConfigProblem, type Place, Problems } from "./problem.ts";
import { orderedRequests } from "./requests.ts";
import { FileSources } from "./sources.ts";
import type { ConfigState } from "../state/state.ts";
import { defaulted, mapOf, readTable, tableOf } from "./table.ts";
import { parseToml } from "./toml.ts";
import { tryRequests } from "./trial.ts";

export type { AccessLogFormat, Config, GlobalSettings, ProbeFiles } from "./config.ts";
export { type ConfigProblem, formatProblem } from "./problem.ts";
export { serverConfig } from "./requests.ts";

/** What the loader has to know about its surroundings. */
export interface LoadOptions {
  /** Path of the file as given, for messages and for resolving `command_socket`, `saved_state`. */
  readonly path: string;
  /** Working directory, absolute, for resolving every other path. */
  readonly cwd: string;
  /** Reads a certificate, key or template as text; gets absolute paths, throws on failure. */
  readonly readFile: (path: string) => string;
  /**
   * An empty state to try the requests on, as commands would be: what it refuses is an error of the
   * file. Absent where nothing is going to be served, but a setting is looked up.
   */
  readonly trial?: ConfigState;
  /** What the host names of backends resolved to. Absent, backends with host names are left out. */
  readonly names?: BackendNames;
}

/** A usable configuration, or why the file is not one. */
export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: ConfigProblem[] }
  | { readonly ok: false; readonly errors: ConfigProblem[]; readonly warnings: ConfigProblem[] };

/**
 * Keys of listeners and clusters found at the top level: most often a table header that forgot its
 * parent, `[hsts]` for `[listeners.hsts]`.
 */
const MISPLACED = new Map([
  ...Object.keys(CLUSTER_KEYS).map((key) =>
    [key, `[clusters.ID] as 'clusters.ID.${key}'`] as const
  ),
  ...Object.keys(LISTENER_KEYS).map((key) => [key, `[[listeners]] as 'listeners.${key}'`] as const),
]);

/** Everything a file may contain. */
export const FILE_KEYS = {
  ...GLOBAL_KEYS,
  listeners: defaulted(
    arrayOf(tableOf(LISTENER_KEYS, { kindKey: "protocol" })),
    [],
    "listening sockets",
  ),
  clusters: defaulted(
    mapOf(tableOf(CLUSTER_KEYS, { kindKey: "protocol" })),
    new Map<string, ClusterReading>(),
    "what is served, and from where",
  ),
};

/** Loads a configuration file. Never throws; reports every problem it finds, in file order. */
export function loadConfig(text: string, options: LoadOptions): LoadResult {
  const problems = new Problems(options.path);
  const document = parseToml(text);
  if (document.kind === "toml-error") {
    problems.error(document.place, document.message);
    return { ok: false, errors: problems.errors(), warnings: [] };
  }
  const top = { key: "", line: 1 };
  const reading = readTable(FILE_KEYS, document, top, problems, { elsewhere: MISPLACED });
  const { listeners: declared, clusters, ...values } = reading.values;
  const directories = directoriesOf(options.path, options.cwd);
  const globals = globalSettings(
    { values, at: reading.at, has: reading.has },
    directories,
    problems,
  );
  const { trial } = options;
  const { readFile } = options;
  const sources = new FileSources(directories.config, readFile, problems, trial !== undefined);

  const listeners = new FileListeners(new ListenerBuilder(globals, sources, problems), problems);
  for (const listener of declared) listeners.declare(listener);
  const around = { listeners, sources, names: options.names, problems };
  const built = [...clusters].map(([id, cluster]) => clusterRequests(id, cluster, around));
  checkBufferSize(globals, listeners, reading.at("buffer_size"), problems);

  const placed = orderedRequests(listeners, built, globals);
  if (trial !== undefined) tryRequests(placed, trial, globals.max_command_buffer_size, problems);
  warnOfChangedMeaning(placed, problems);
  const errors = problems.errors();
  const warnings = problems.warnings();
  if (errors.length > 0) return { ok: false, errors, warnings };
  const requests = placed.map(({ request }) => request);
  const probe_files = built.filter(({ probeFiles }) => probeFiles.length > 0)
    .map(({ cluster, probeFiles }) => ({ cluster_id: cluster.cluster_id, headers: probeFiles }));
  const config = { ...globals, config_path: options.path, requests, probe_files };
  return { ok: true, config, warnings };
}

/** An HTTP/2 frame of the smallest legal maximum size has to fit in a buffer. */
function checkBufferSize(
  globals: GlobalSettings,
  listeners: FileListeners,
  place: Place,
  problems: Problems,
): void {
  if (globals.buffer_size >= MIN_BUFFER_BYTES_FOR_H2) return;
  const small = `Value '${globals.buffer_size}' is too small for HTTP/2, which`;
  const accepted = `accepted: at least ${MIN_BUFFER_BYTES_FOR_H2}, or`;
  const offering = listeners.ofProtocol("https").filter(({ config }) =>
    config.alpn_protocols.includes("h2")
  );
  if (offering.length > 0) {
    problems.error(
      place,
      `${small} ${offering.length} HTTPS listener(s) offer, ${accepted} ` +
        'alpn_protocols = ["http/1.1"] on each of them',
    );
  }
  const clear = listeners.ofProtocol("http").filter(({ config }) =>
    config.h2c_prior_knowledge === true
  );
  if (clear.length > 0) {
    problems.error(
      place,
      `${small} ${clear.length} HTTP listener(s) take, ${accepted} no h2c_prior_knowledge on any ` +
        "of them",
    );
  }
}
