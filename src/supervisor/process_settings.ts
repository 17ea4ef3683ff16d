// Requests in force that are no part of the configuration state: metrics switches and limits. A worker
// that starts later gets the last of each verb.

import { MetricsConfiguration, type Request } from "../../config/schema/messages.ts";
import type { Verb } from "../../config/state/verbs.ts";

const REMEMBERED: ReadonlySet<string> = new Set([
  "configure_metrics",
  "set_max_connections_per_ip",
]);

/** The last request of each such verb. */
export class ProcessSettings {
  readonly #last = new Map<string, Request>();

  /** Takes note of a request; other verbs are ignored. */
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

/** Forgetting what was measured is done once; it must not hide the switch that is in force. */
function isOneTime(type: Verb): boolean {
  return type.kind === "configure_metrics" && type.value === MetricsConfiguration.CLEAR;
}
