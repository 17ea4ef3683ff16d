// What the files of this folder share.

import type { Request } from "../schema/messages.ts";
import type { ReadonlyTables } from "../state/tables.ts";

/** The part of a configuration that undoing reads. */
export interface Changed {
  readonly tables: ReadonlyTables;
}

/**
 * The requests that restore what a change touched, given the state after it; empty when it changed
 * nothing. Correct as long as no other request changed the same object in between.
 */
export type Undo = (after: Changed) => Request[];

/** There is nothing to undo. */
export const NOTHING: Undo = () => [];
