// What the files that take changes back have in common.

import type { Request } from "../schema/messages.ts";
import type { ConfigState } from "../state/state.ts";
import type { Verb } from "../state/verbs.ts";

/**
 * The requests that restore what a change touched, given the state after it; empty when it changed
 * nothing. Correct as long as nobody else changed the same object in between.
 */
export type Undo = (after: ConfigState) => Request[];

/** Nothing to take back. */
export const NOTHING: Undo = () => [];

/** A request of one verb. */
export function request(verb: Verb): Request {
  return { request_type: verb };
}
