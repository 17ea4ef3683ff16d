// Which event of the main process a request stands for, as the row of its verb says.

import type { Event } from "../../../config/schema/messages.ts";
import { rowOf, type Verb } from "../../../config/state/verbs.ts";
import { presentFields } from "../../../config/values/present_fields.ts";

/** The event subscribers get for a request; `null` when it has none. */
export function eventOf({ kind: verb, value }: Verb): Event | null {
  const { event: kind, eventObject } = rowOf(verb);
  if (kind === undefined) return null;
  return { kind, ...presentFields({ ...eventObject?.(value) }) };
}
