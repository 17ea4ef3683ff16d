// Reads a table of the file by a declared list of its keys. The list is data: which values a key accepts, whether it
// is required, its default, and the kinds of table in which it has a meaning. Any other key of the table is an error
// that names the accepted keys. Knows no particular key.

import { quote } from "./problem.ts";
import type { Place, PlaceOf, Problems } from "./problem.ts";
import { type Reader, reject } from "./fields.ts";
import { nearest } from "./suggestion.ts";
import type { TomlTable, TomlValue } from "./toml.ts";

type Presence = "required" | "optional" | "defaulted";

/** One accepted key of a table. */
export interface KeyRule<T, P extends Presence = Presence> {
  readonly reader: Reader<T>;
  readonly presence: P;
  /** The value of a missing or wrong "defaulted" key. */
  readonly fallback: T | undefined;
  /** One line for people: meaning and unit. */
  readonly doc: string;
  /** Kinds of the table (a listener's or cluster's protocol) that use the key; absent = all. */
  readonly only?: readonly string[];
  /** Kinds of the table in which the key is an error, and why. */
  readonly refusedOn?: Readonly<Record<string, string>>;
  /** The key to use instead of this deprecated one. */
  readonly instead?: string;
}

type Extras = Pick<KeyRule<unknown>, "only" | "refusedOn" | "instead">;

/** A key that must be there. Read as undefined only after that was reported. */
export function required<T>(
  reader: Reader<T>,
  doc: string,
  extras: Extras = {},
): KeyRule<T, "required"> {
  return { reader, presence: "required", fallback: undefined, doc, ...extras };
}

/** A key that may be left out and then stays absent. */
export function optional<T>(
  reader: Reader<T>,
  doc: string,
  extras: Extras = {},
): KeyRule<T, "optional"> {
  return { reader, presence: "optional", fallback: undefined, doc, ...extras };
}

/** A key with a value of its own when left out. */
export function defaulted<T>(
  reader: Reader<T>,
  fallback: T,
  doc: string,
  extras: Extras = {},
): KeyRule<T, "defaulted"> {
  return { reader, presence: "defaulted", fallback, doc, ...extras };
}

/** The accepted keys of one kind of table. */
export type Schema = Readonly<Record<string, KeyRule<unknown>>>;

/** What reading a table by a schema yields. */
export type Values<S extends Schema> = {
  readonly [K in keyof S]: S[K] extends KeyRule<infer T, "defaulted"> ? T
    : S[K] extends KeyRule<infer T> ? T | undefined
    : never;
};

/** A table that was read, with the places of its keys for checks across keys and tables. */
export interface TableReading<S extends Schema> {
  readonly values: Values<S>;
  /** Where the table itself begins. */
  readonly place: Place;
  /** Where a key stands; the table's own line when the key is absent. */
  at(key: keyof S & string): Place;
  /** Whether the file has the key, even with a wrong value. */
  has(key: keyof S & string): boolean;
}

/** Keys whose value is carried by a field of another name. */
const KEYS_OF_FIELDS: Readonly<Record<string, string>> = {
  load_balancing_parameters: "weight",
  versions: "tls_versions",
  proxy_protocol: "send_proxy",
};

/** The places of what was read from a table, by the names of the fields that carry it. */
export function placesOf<S extends Schema>(reading: TableReading<S>): PlaceOf {
  const { values } = reading;
  const { has, at, place } = reading as unknown as TableReading<Schema>;
  return (field) => {
    const [name = "", detail = ""] = field.split(/[.[]/);
    const inner = (values as Readonly<Record<string, unknown>>)[name];
    if (detail !== "" && isReading(inner)) return placesOf(inner)(field.slice(name.length + 1));
    if (name === "answers") {
      // Either key of a template: the table holds places of its own.
      const { answers } = values as { answers?: ReadonlyMap<string, { place: Place }> };
      const entry = answers?.get(detail)?.place;
      if (entry !== undefined) return entry;
      const legacy = `answer_${detail}`;
      if (has(legacy)) return at(legacy);
    }
    const key = KEYS_OF_FIELDS[name] ?? name;
    return has(key) ? at(key) : place;
  };
}

/** Whether a value is a table inside of the table. */
function isReading(value: unknown): value is TableReading<Schema> {
  return typeof value === "object" && value !== null && "place" in value && "values" in value;
}

/** A table set aside to be read when its kind is known. */
export interface UnreadTable {
  readonly table: TomlTable;
  readonly place: Place;
}

/** How a table is read, beyond its keys. */
export interface TableOptions {
  /** The table's kind, for rules with `only` and `refusedOn`. */
  readonly kind?: string | undefined;
  /** The key whose value names the table's kind. */
  readonly kindKey?: string;
  /** Other tables' keys, and the table they belong to: a hint for misplaced ones. */
  readonly elsewhere?: ReadonlyMap<string, string>;
}

/** A reader of tables by schema. */
export function tableOf<S extends Schema>(
  schema: S,
  options: TableOptions = {},
): Reader<TableReading<S>> {
  const accepts = "a table";
  return {
    accepts,
    read(value, place, problems) {
      if (value.kind !== "table") return reject(value, accepts, place, problems);
      return readTable(schema, value, place, problems, options);
    },
  };
}

/** A reader that sets tables aside: what their keys mean depends on something around them. */
export const unreadTable: Reader<UnreadTable> = {
  accepts: "a table",
  read(value, place, problems) {
    if (value.kind !== "table") return reject(value, "a table", place, problems);
    return { table: value, place };
  },
};

/** A reader of tables whose keys are chosen by the user: names, tags, statuses. */
export function mapOf<T>(element: Reader<T>): Reader<Map<string, T>> {
  const accepts = `a table, each value ${element.accepts}`;
  return {
    accepts,
    read(value, place, problems) {
      if (value.kind !== "table") return reject(value, accepts, place, problems);
      const map = new Map<string, T>();
      for (const [name, entry] of value.entries) {
        const at = { key: subKey(place.key, name), line: entry.line };
        const read = element.read(entry.value, at, problems);
        if (read !== undefined) map.set(name, read);
      }
      return map;
    },
  };
}

/** Reads a table: known keys by their rules, unknown ones reported. */
export function readTable<S extends Schema>(
  schema: S,
  table: TomlTable,
  place: Place,
  problems: Problems,
  options: TableOptions = {},
): TableReading<S> {
  const at = (key: string): Place => ({
    key: subKey(place.key, key),
    line: table.entries.get(key)?.line ?? place.line,
  });
  const kind = kindOf(schema, table, options);
  for (const key of table.entries.keys()) {
    if (!Object.hasOwn(schema, key)) reportUnknown(key, at(key), schema, kind, problems, options);
  }
  const values: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries(schema)) {
    values[key] = readKey(key, rule, table.entries.get(key)?.value, at(key), kind, problems);
  }
  return { values: values as Values<S>, place, at, has: (key) => table.entries.has(key) };
}

/** The full name of a key inside a table; quoted where TOML would need quotes, bounded in length. */
export function subKey(parent: string, name: string): string {
  const own = /^[A-Za-z0-9_-]{1,64}$/.test(name) ? name : `"${quote(name).slice(1, -1)}"`;
  return parent === "" ? own : `${parent}.${own}`;
}

function readKey(
  key: string,
  rule: KeyRule<unknown>,
  value: TomlValue | undefined,
  place: Place,
  kind: string | undefined,
  problems: Problems,
): unknown {
  if (value === undefined) {
    // A key required of one kind is not missed in a table whose kind is not known.
    const applies = rule.only === undefined || (kind !== undefined && rule.only.includes(kind));
    if (rule.presence === "required" && applies) {
      problems.error(place, `Missing key '${key}', accepted: ${rule.reader.accepts}`);
    }
    return rule.fallback;
  }
  const refusal = kind === undefined ? undefined : rule.refusedOn?.[kind];
  if (refusal !== undefined) {
    problems.error(place, `Not accepted where the protocol is '${kind}': ${refusal}`);
    return rule.fallback;
  }
  if (!appliesTo(rule, kind)) {
    problems.warn(place, `Ignored: '${key}' has no effect where the protocol is '${kind}'`);
  } else if (rule.instead !== undefined) {
    problems.warn(place, `Deprecated, use '${rule.instead}'`);
  }
  return rule.reader.read(value, place, problems) ?? rule.fallback;
}

function reportUnknown(
  key: string,
  place: Place,
  schema: Schema,
  kind: string | undefined,
  problems: Problems,
  options: TableOptions,
): void {
  if (problems.full) {
    problems.error(place, "Unknown key");
    return;
  }
  const accepted = Object.keys(schema).filter((name) => appliesTo(schema[name], kind));
  const home = options.elsewhere?.get(key);
  const suggestion = nearest(key, Object.keys(schema));
  let hint = "";
  if (home !== undefined) hint = `it belongs in ${home}; `;
  else if (suggestion !== null) hint = `did you mean '${suggestion}'? `;
  problems.error(place, `Unknown key ${quote(key)}, ${hint}accepted: ${accepted.join(", ")}`);
}

function appliesTo(rule: KeyRule<unknown> | undefined, kind: string | undefined): boolean {
  return kind === undefined || rule?.only === undefined || rule.only.includes(kind);
}

/** The kind of a table, or undefined when it is missing or misspelled: then every rule applies. */
function kindOf(schema: Schema, table: TomlTable, options: TableOptions): string | undefined {
  if (options.kindKey === undefined) return options.kind;
  const value = table.entries.get(options.kindKey)?.value;
  if (value?.kind !== "string") return undefined;
  const kind = value.value;
  return Object.values(schema).some((rule) => rule.only?.includes(kind)) ? kind : undefined;
}
