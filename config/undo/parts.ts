// What the files that take changes back have in common.

import type { Request } from "../schema/messages.ts";
import type { ReadonlyTables } from "../state/tables.ts";

/** A configuration as far as taking back looks at it. */
export interface Changed {
  readonly tables: ReadonlyTables;
}

/**
 * The requests that restore what a change touched, given the state after it; empty when it changed
 * nothing. Correct as long as nobody else changed the same object in between.
 */
export type Undo = (after: Changed) => Request[];

/** Nothing to take back. */
export const NOTHING: Undo = () => [];
