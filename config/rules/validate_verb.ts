// Whether the value of a verb is valid, by the row of the verb or by the rules of its message.

import type { Field } from "../schema/message_type.ts";
import { Request } from "../schema/messages.ts";
import type { ConfigError } from "../state/config_error.ts";
import { rowOf, type Verb } from "../state/verbs.ts";
import { validateMessage } from "./validate.ts";

const FIELDS: ReadonlyMap<string, Field> = new Map(
  Request.fields.map((field) => [field.name, field]),
);

/** The first thing that is wrong with the value of a verb, or `null`. */
export function validateVerb({ kind, value }: Verb): ConfigError | null {
  const row = rowOf(kind);
  if (row.validate !== undefined) return row.validate(value);
  const type = FIELDS.get(kind)?.type;
  return type === undefined || typeof type === "string"
    ? row.rule?.check(value, kind) ?? null
    : validateMessage(type, value);
}
