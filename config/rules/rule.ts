// The rule for one value of a request. A rule is data with a check: the table of rules names it, and a test
// compares it with the schema. Knows no message.

import { type ConfigError, invalidValue, unknownEnumValue } from "../state/config_error.ts";
import { isFieldName } from "../../src/protocol/http/field_syntax.ts";

/** One rule; the field is named in the refusal. */
export interface Rule {
  readonly kind: "number" | "enum" | "text" | "bytes" | "map" | "message";
  /** Numbers of the names of an enum. */
  readonly numbers?: readonly number[];
  /** The refusal of a value, or `null`. */
  check(value: unknown, field: string): ConfigError | null;
}

/** Longest piece of a refused text that is quoted back. */
const MAX_QUOTED = 80;

/** Largest values of the kinds of numbers that the schema has. */
export const U16_MAX = 65_535;
export const U32_MAX = 4_294_967_295;
export const I32_MAX = 2_147_483_647;
const U64_MAX = 18_446_744_073_709_551_615n;
const I64_MAX = 9_223_372_036_854_775_807n;

/** A number within bounds, both included; bounds of 64-bit fields may be numbers as well. */
export function range(least: number | bigint, most: number | bigint): Rule {
  return {
    kind: "number",
    check: (value, field) => {
      const given = value as number | bigint;
      if (given >= least && given <= most) return null;
      return invalidValue(field, `${given}`, `${least} to ${most}`);
    },
  };
}

/** Any number of the kind. */
export const anyU32: Rule = range(0, U32_MAX);
export const anyU64: Rule = range(0, U64_MAX);
export const anyI64: Rule = range(-I64_MAX - 1n, I64_MAX);
/** A number that makes no sense at zero. */
export const positive: Rule = atLeast(1);
/** The same of 64 bits. */
export const positiveU64: Rule = range(1, U64_MAX);
/** A port of a peer. */
export const port: Rule = range(1, U16_MAX);
/** Seconds after which something is given up: zero would give up at once. */
export const timeout: Rule = positive;

/** A number that is not too small. */
export function atLeast(least: number): Rule {
  return number(`${least} or more`, (given) => given >= least && given <= U32_MAX);
}

/** A number for which `accepts` holds; `meaning` ends the sentence "accepted is ...". */
export function number(meaning: string, accepts: (given: number) => boolean): Rule {
  return {
    kind: "number",
    check: (value, field) =>
      accepts(value as number) ? null : invalidValue(field, `${value}`, meaning),
  };
}

/** A number that an enum has a name for, except some that mean nothing where it stands. */
export function named(
  names: Readonly<Record<string, number>>,
  except: readonly number[] = [],
): Rule {
  const known = Object.entries(names).filter(([, number]) => !except.includes(number));
  const accepted = known.map(([name, number]) => `${number} (${name})`).join(", ");
  return {
    kind: "enum",
    numbers: Object.values(names),
    check: (value, field) =>
      known.some(([, number]) => number === value)
        ? null
        : unknownEnumValue(field, value as number, accepted),
  };
}

/** A text for which `accepts` holds; `meaning` ends the sentence "accepted is ...". */
export function text(meaning: string, accepts: (text: string) => boolean): Rule {
  return {
    kind: "text",
    check: (value, field) =>
      accepts(value as string) ? null : invalidValue(field, quoted(value as string), meaning),
  };
}

/** A text for people and logs: on one line, not longer than `most`. */
export function line(most: number, least = 0): Rule {
  const meaning = `${least === 0 ? "" : "non-empty "}text of up to ${most} characters ` +
    "without control characters";
  return text(
    meaning,
    (it) => it.length >= least && it.length <= most && !CONTROL.test(it),
  );
}

/** C0, DEL, C1 and the two line separators of Unicode. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

/** The id of a cluster or a backend: it appears in heads, logs, metrics and tables. */
export const id: Rule = line(1024, 1);
/** The name of an object that is asked for: any text, bounded, since none is stored. */
export const question: Rule = text("text of up to 4096 characters", (it) => it.length <= 4096);
/** A path of the file system. */
export const path: Rule = text(
  "a path of up to 4096 characters without NUL",
  (it) => it.length <= 4096 && !it.includes("\0"),
);
/** Text in PEM; what is in it is checked by those who can read it. */
export const pem: Rule = text("PEM of up to 1000000 characters", (it) => it.length <= 1_000_000);
/** A text that a rule about the whole message reads. */
export const readWhole: Rule = text("text", () => true);

/** A map whose keys and values follow rules. */
export function entries(key: Rule, value: Rule): Rule {
  return {
    kind: "map",
    check: (map, field) => {
      for (const [name, held] of map as ReadonlyMap<string, unknown>) {
        const problem = key.check(name, field) ?? value.check(held, field);
        if (problem !== null) return problem;
      }
      return null;
    },
  };
}

/** Bytes, not more than `most`. */
export function bytes(most: number): Rule {
  return {
    kind: "bytes",
    check: (value, field) => {
      const { length } = value as Uint8Array;
      return length <= most ? null : invalidValue(field, `${length} bytes`, `up to ${most} bytes`);
    },
  };
}

/** A rule about a part of the message as a whole, asked before the parts of it. */
export function whole<T>(check: (value: T, field: string) => ConfigError | null): Rule {
  return { kind: "message", check: (value, field) => check(value as T, field) };
}

/** A method of HTTP (RFC 9110 section 9.1: a token). */
export const method: Rule = text("a method, such as GET", isFieldName);

/** A text as it is shown in a refusal: bounded, control characters escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text);
}
