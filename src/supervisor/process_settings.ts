// Settings of the processes that are no part of the configuration state: metrics switches and limits. A worker that
// starts later gets the last request of each verb.

import { MetricsConfiguration, type Request } from "../../config/schema/messages.ts";
import type { Verb } from "../../config/state/verbs.ts";

const REMEMBERED: ReadonlySet<string> = new Set([
  "configure_metrics",
  "set_max_connections_per_ip",
]);

/** The last request of each of these verbs. */
export class ProcessSettings {
  readonly #last = new Map<string, Request>();

  /** Remembers a request; other verbs are ignored. */
  remember(type: Verb | null): void {
    if (type === null || isOneTime(type)) return;
    if (REMEMBERED.has(type.kind)) {
      this.#last.set(type.kind, { request_type: type });
    }
  }

  values(): Request[] {
    return [...this.#last.values()];
  }
}

/** Clearing the metrics happens once; it must not replace the switch that is in force. */
function isOneTime(type: Verb): boolean {
  return type.kind === "configure_metrics" && type.value === MetricsConfiguration.CLEAR;
}
