// The verbs of the schema, one row each: where a verb runs, what it changes, how the change is undone, and how logs
// and events describe it. The rows stand in verbs/; a verb without a row does not compile.

import type { ConfigError } from "./config_error.ts";
import {
  LISTENER_KINDS,
  listenerActOf,
  type ListenerProtocol,
  type VerbOfKind,
} from "./listener_kinds.ts";
import type { ReadonlyTables, StateTables } from "./tables.ts";
import { formatAddress } from "../values/address.ts";
import type { Verb, VerbKind, VerbOf } from "./verb.ts";
import { CERTIFICATE_ROWS } from "./verbs/certificates.ts";
import { CLUSTER_ROWS } from "./verbs/clusters.ts";
import { FRONTEND_ROWS } from "./verbs/frontends.ts";
import { LISTENER_ROWS, SWITCH_ROWS } from "./verbs/listeners.ts";
import { INTERNAL_ROWS, OPERATION_ROWS } from "./verbs/operations.ts";
import { QUESTION_ROWS } from "./verbs/questions.ts";
import type { Rows, VerbRow } from "./verbs/row.ts";
import { SETTING_ROWS } from "./verbs/settings.ts";
import { TWIN_ROWS } from "./verbs/twins.ts";

export type { ValueOf, Verb, VerbKind, VerbOf } from "./verb.ts";
export type { VerbRow } from "./verbs/row.ts";

const VERBS = {
  ...CLUSTER_ROWS,
  ...FRONTEND_ROWS,
  ...CERTIFICATE_ROWS,
  ...LISTENER_ROWS,
  ...SWITCH_ROWS,
  ...SETTING_ROWS,
  ...OPERATION_ROWS,
  ...QUESTION_ROWS,
  ...INTERNAL_ROWS,
  ...TWIN_ROWS,
} as const satisfies Rows<VerbKind>;

/** The verbs whose rows have one of the fields, such as those with `mutate`. */
export type VerbsWith<Field extends keyof VerbRow> = {
  [F in Field]: {
    [K in VerbKind]: typeof VERBS[K] extends { readonly [X in F]: NonNullable<unknown> } ? K
      : never;
  }[VerbKind];
}[Field];

/** The row of a verb. */
export function rowOf(kind: VerbKind): VerbRow {
  return VERBS[kind] as VerbRow;
}

/** Whether the verb is none that clients or files may use. */
export function isInternal(kind: VerbKind): kind is VerbsWith<"internal"> {
  return rowOf(kind).internal === true;
}

/** Whether the verb changes a configuration and is none that clients or files may use. */
export function isInternalChange(kind: VerbKind): boolean {
  return isInternal(kind) && changesState(kind);
}

/** Whether the verb can change a configuration state. */
export function changesState(kind: VerbKind): kind is VerbsWith<"mutate"> {
  return rowOf(kind).mutate !== undefined;
}

/** The verbs of one kind of listener: about its listeners, its frontends, its certificates. */
export type VerbsAbout<P extends ListenerProtocol> =
  | VerbOfKind<P>
  | (P extends "https" ? keyof typeof CERTIFICATE_ROWS : never);

/** Whether a verb is about a kind of listener and no other. */
export function isAbout<P extends ListenerProtocol>(
  protocol: P,
  verb: Verb,
): verb is VerbOf<VerbsAbout<P>> {
  return kindAbout(verb.kind) === protocol;
}

/** The kind of listener that a verb is about alone, `null` when there is none. */
export function kindAbout(verb: VerbKind): ListenerProtocol | null {
  if (Object.hasOwn(CERTIFICATE_ROWS, verb)) return LISTENER_KINDS.https.protocol;
  return listenerActOf(verb)?.kind.protocol ?? null;
}

/** Applies a verb to the tables: whole, or not at all with the reason. */
export function applyVerb(tables: StateTables, verb: Verb): ConfigError | null {
  const row = rowOf(verb.kind);
  if (row.mutate !== undefined) return row.mutate(tables, verb.value);
  if (row.passes === true || row.runsOn === "all" || row.runsOn === "workers") return null;
  const message = `Cannot apply the verb "${verb.kind}": it does not change a configuration`;
  return { kind: "undispatchable", message };
}

/** What the tables of a configuration are read from. */
interface Tabled {
  readonly tables: ReadonlyTables;
}

/**
 * Why a client may not bind what `verb` adds; `null` when there is a listener, or the verb adds nothing. A
 * state itself does not ask: what was bound to a listener stays with the state when the listener goes, and
 * a saved state may hold it without.
 */
export function missingListener({ tables }: Tabled, { kind, value }: Verb): string | null {
  const bound = rowOf(kind).binds?.(value, tables) ?? null;
  if (bound === null) return null;
  const { protocol, label } = bound.kind;
  const key = formatAddress(bound.address);
  return tables.listeners[protocol].get(key) === undefined
    ? `No ${label} listener at ${key}`
    : null;
}

/** Why what a refused removal names is gone already; `null` when it is not, or the verb removes nothing. */
export function goneAlready({ tables }: Tabled, { kind, value }: Verb): string | null {
  return rowOf(kind).gone?.(tables, value) ?? null;
}

/** What a verb removes besides, as verbs, to be removed before it. */
export function cascadeOf({ tables }: Tabled, { kind, value }: Verb): Verb[] {
  return rowOf(kind).cascade?.(tables, value) ?? [];
}

/**
 * Whether `verb` adds an object that the state holds with the same settings: an addition that is refused
 * only for this reason would have changed nothing.
 */
export function isInForce({ tables }: Tabled, { kind, value }: Verb): boolean {
  return rowOf(kind).inForce?.(tables, value) ?? false;
}

/** CamelCase name of a verb, as the census shows it: `add_http_frontend` is `AddHttpFrontend`. */
export function verbName(kind: VerbKind): string {
  return kind.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
