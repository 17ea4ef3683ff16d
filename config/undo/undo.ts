// How to take a change back: looks at what a request is about to touch, and afterwards names the
// requests that restore it. The cost is that of the objects touched, not of the whole state. Knows
// nothing of who applies or refuses requests. What each verb touches stands in its row.

import { rowOf, type Verb } from "../state/verbs.ts";
import { type Changed, NOTHING, type Undo } from "./parts.ts";

export type { Undo } from "./parts.ts";

/** Remembers what `verb` will touch in `state`. Call it before the verb is applied. */
export function prepareUndo({ tables }: Changed, verb: Verb): Undo {
  return rowOf(verb.kind).undo?.(tables, verb.value) ?? NOTHING;
}

/** The object a verb changes, as a name; two verbs that could undo each other share it. */
export function scopeOf(verb: Verb): string {
  return rowOf(verb.kind).scope?.(verb.value) ?? verb.kind;
}
