// Whether the values of a message are valid: every number in its range, every enum known, every text in the form
// of what it is used as. One walk over the message by the table of rules, for requests from every source.
// Returns `null` or the first refusal. Changes nothing, and knows nothing of the current configuration.

import type { ConfigError } from "../state/config_error.ts";
import { MEMBER_RULES, MESSAGE_RULES } from "./message_rules.ts";
import type { Field, MessageType, OneofValue, Properties } from "../schema/message_type.ts";
import { HealthCheckConfig, Request } from "../schema/messages.ts";
import type { Rule } from "./rule.ts";
import { WHOLE_RULES } from "./whole_rules.ts";

/** A field and its rule, if it has one. */
interface Row {
  readonly field: Field;
  readonly rule: Rule | undefined;
}

/** The rows of every message that a request can carry. */
const ROWS: ReadonlyMap<MessageType<unknown>, readonly Row[]> = allRows();

/** The row of a field in the tables. */
export function ruleOf(type: MessageType<unknown>, field: Field): Rule | undefined {
  const rows =
    (MESSAGE_RULES as Readonly<Record<string, Readonly<Record<string, Rule>>>>)[type.name];
  if (rows !== undefined && Object.hasOwn(rows, field.name)) return rows[field.name];
  return field.label !== "oneof"
    ? undefined
    : (MEMBER_RULES as Readonly<Record<string, Rule>>)[field.name];
}

/** The first thing that is wrong with a health check, or `null`; a timeout above the interval is not. */
export function validateHealthCheck(config: HealthCheckConfig): ConfigError | null {
  return validateMessage(HealthCheckConfig, config, "health_check.");
}

/** The first field of a message that its rule refuses; `prefix` stands before the names of fields. */
export function validateMessage<T>(
  type: MessageType<T>,
  message: T,
  prefix = "",
): ConfigError | null {
  const properties = message as Properties;
  for (const { field, rule } of rowsOf(type)) {
    const held = properties[field.property];
    if (held === undefined || held === null) continue;
    const problem = validateField(field, rule, held, prefix + field.name);
    if (problem !== null) return problem;
  }
  return WHOLE_RULES[type.name]?.(message, prefix) ?? null;
}

function rowsOf<T>(type: MessageType<T>): readonly Row[] {
  return ROWS.get(type as MessageType<unknown>) ?? makeRows(type as MessageType<unknown>);
}

function allRows(): Map<MessageType<unknown>, readonly Row[]> {
  const rows = new Map<MessageType<unknown>, readonly Row[]>();
  const add = (type: MessageType<unknown>) => {
    if (rows.has(type)) return;
    rows.set(type, makeRows(type));
    for (const field of type.fields) if (typeof field.type !== "string") add(field.type);
  };
  add(Request as MessageType<unknown>);
  return rows;
}

/** In the order of the table of rules, then what has no row of its own. */
function makeRows(type: MessageType<unknown>): Row[] {
  const rows = type.fields.map((field) => ({ field, rule: ruleOf(type, field) }));
  const order = Object.keys(
    (MESSAGE_RULES as Readonly<Record<string, object>>)[type.name] ?? {},
  );
  const rank = ({ field, rule }: Row) =>
    rule === undefined ? order.length : order.indexOf(field.name);
  return rows
    .filter(({ field, rule }) => rule !== undefined || typeof field.type !== "string")
    .sort((a, b) => rank(a) - rank(b));
}

function validateField(
  field: Field,
  rule: Rule | undefined,
  held: unknown,
  name: string,
): ConfigError | null {
  switch (field.label) {
    case "oneof": {
      const { kind, value } = held as OneofValue;
      return kind === field.name ? validateValue(field, rule, value, name) : null;
    }
    case "repeated": {
      const elements = held as readonly unknown[];
      for (const [index, element] of elements.entries()) {
        const problem = validateValue(field, rule, element, `${name}[${index}]`);
        if (problem !== null) return problem;
      }
      return null;
    }
    case "map":
      return rule?.check(held, name) ?? null;
    default:
      return validateValue(field, rule, held, name);
  }
}

function validateValue(
  { type }: Field,
  rule: Rule | undefined,
  value: unknown,
  name: string,
): ConfigError | null {
  const problem = rule?.check(value, name) ?? null;
  if (problem !== null || typeof type === "string") return problem;
  return validateMessage(type, value, `${name}.`);
}
