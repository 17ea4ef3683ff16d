// Settings of the processes that are no part of the configuration state: metrics switches and limits. A worker that
// starts later gets the last request of each verb.

import type { Request } from "../../config/schema/messages.ts";
import { rowOf, type Verb } from "../../config/state/verbs.ts";

/** The last request of each of these verbs. */
export class ProcessSettings {
  readonly #last = new Map<string, Request>();

  /** Remembers a request; other verbs are ignored. */
  remember(type: Verb | null): void {
    if (type === null) return;
    const { remembered, forgets } = rowOf(type.kind);
    // What is done once must not hide the switch that is in force.
    if (remembered !== true || forgets?.(type.value) === true) return;
    this.#last.set(type.kind, { request_type: type });
  }

  values(): Request[] {
    return [...this.#last.values()];
  }
}
