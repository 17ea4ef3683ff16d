// The result of loading a configuration file: global settings with every default filled in, paths
// resolved, and the requests that build the routing state. A type only; load.ts makes it.

import type { Request } from "../schema/messages.ts";
import type { GlobalSettings } from "./global_settings.ts";
import type { ProbeHeaderFile } from "./keys/health_check.ts";

export type { GlobalSettings } from "./global_settings.ts";
export type { AccessLogFormat, LogFormat } from "./keys/globals.ts";

/** The headers of the probes of one cluster, and the absolute paths of the files with their values. */
export interface ProbeFiles {
  readonly cluster_id: string;
  readonly headers: readonly ProbeHeaderFile[];
}

/** A loaded configuration file. */
export interface Config extends GlobalSettings {
  /** Path of the file as it was given. */
  readonly config_path: string;
  /** What builds the routing state, in the order in which it must be applied. */
  readonly requests: readonly Request[];
  /** The health checks whose headers have values, which are read when the file is served. */
  readonly probe_files: readonly ProbeFiles[];
}
