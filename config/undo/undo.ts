// Undoes changes: keeps the objects that a request is about to change, and afterwards names the requests that restore
// them. The cost is that of these objects, not of the whole state. Knows nothing of where requests are applied. The
// row of each verb says what it changes.

import { rowOf, type Verb } from "../state/verbs.ts";
import { type Changed, NOTHING, type Undo } from "./parts.ts";

export type { Undo } from "./parts.ts";

/** Keeps what `verb` will change in `state`. Call it before the verb is applied. */
export function prepareUndo({ tables }: Changed, verb: Verb): Undo {
  return rowOf(verb.kind).undo?.(tables, verb.value) ?? NOTHING;
}

/** The object a verb changes, as a name; two verbs that could undo each other share it. */
export function scopeOf(verb: Verb): string {
  return rowOf(verb.kind).scope?.(verb.value) ?? verb.kind;
}
