// Typed readers for single values of a configuration file: each turns a TOML value into what the
// loader works with, or reports what it found and what it accepts. Types are strict, as in sozu
// 2.1: a string is never read as a number. Tables and their keys are read by file_table.ts.

import { parseAddress } from "../values/address.ts";
import {
  MAX_BUFFER_BYTES,
  MAX_TIMER_SECONDS,
  MIN_BUFFER_BYTES,
  MIN_COMMAND_BUFFER_BYTES,
} from "../defaults.ts";
import { listed, type Place, type Problems, quote } from "./problem.ts";
import { nearest } from "./suggestion.ts";
import type { TomlValue } from "./toml.ts";
import type { SocketAddress } from "../schema/messages.ts";

/** Reads one kind of value. */
export interface Reader<T> {
  /** The rest of the sentence "accepted: ...". */
  readonly accepts: string;
  /** The value, or undefined after the problem was reported at `place`. */
  read(value: TomlValue, place: Place, problems: Problems): T | undefined;
}

const U8_MAX = 255;
const U16_MAX = 65_535;
const U32_MAX = 4_294_967_295;
/** TOML integers are signed: the upper half of an unsigned 64-bit field cannot be written. */
const I64_MAX = 9_223_372_036_854_775_807n;

/** `true` or `false`. */
export const boolean: Reader<boolean> = reader(
  "true or false",
  (value) => value.kind === "boolean" ? value.value : undefined,
);

/** Any text, the empty one included. */
export const text: Reader<string> = reader(
  "a string",
  (value) => value.kind === "string" ? value.value : undefined,
);

/** A path of the file system; resolving it is up to the section that owns the key. */
export const path: Reader<string> = matching("a non-empty file path", /^[^\0]+$/);

/** A socket address; host names are refused because a listener must not depend on a resolver. */
export const address: Reader<SocketAddress> = reader(
  "an IP address and a port like '127.0.0.1:8080' or '[::1]:8080'",
  (value) => value.kind === "string" ? parseAddress(value.value) ?? undefined : undefined,
);

export const u8: Reader<number> = integer(0, U8_MAX);
export const u32: Reader<number> = integer(0, U32_MAX);
/** How many leading bits of an IPv4 address tell its network. */
export const ipv4Prefix: Reader<number> = integer(0, 32);
/** The same of an IPv6 address. */
export const ipv6Prefix: Reader<number> = integer(0, 128);
/** A small count that means nothing when zero. */
export const positiveU8: Reader<number> = integer(1, U8_MAX);
/** A 32-bit count that means nothing when zero. */
export const positiveU32: Reader<number> = integer(1, U32_MAX);
/** A count that means nothing when zero. */
export const positiveSize: Reader<number> = integer(1, Number.MAX_SAFE_INTEGER);
/** The largest command: at least what a certificate with its chain and key takes. */
export const commandBytes: Reader<number> = integer(
  MIN_COMMAND_BUFFER_BYTES,
  Number.MAX_SAFE_INTEGER,
);
/** A buffer that holds at least a short request head. */
export const bufferBytes: Reader<number> = integer(MIN_BUFFER_BYTES, MAX_BUFFER_BYTES);
/** Seconds for a timer of the runtime, which counts milliseconds in 31 bits. */
export const timerSeconds: Reader<number> = integer(0, MAX_TIMER_SECONDS);
export const positiveTimerSeconds: Reader<number> = integer(1, MAX_TIMER_SECONDS);
/** Milliseconds for the same. */
export const timerMs: Reader<number> = integer(0, MAX_TIMER_SECONDS * 1000);
/** Workers of one main process. */
export const workerCount: Reader<number> = integer(1, U16_MAX);
/** A port that can be connected to. */
export const port: Reader<number> = integer(1, U16_MAX);
/** A 64-bit field that is used for arithmetic here: bounded by what a double holds exactly. */
export const size: Reader<number> = integer(0, Number.MAX_SAFE_INTEGER);
/** A 64-bit field that only travels in messages. */
export const u64: Reader<bigint> = reader(
  `an integer from 0 to ${I64_MAX}`,
  (value) =>
    value.kind === "integer" && value.value >= 0n && value.value <= I64_MAX
      ? value.value
      : undefined,
);

/** Text of a given shape. */
export function matching(accepts: string, pattern: RegExp): Reader<string> {
  return reader(
    accepts,
    (value) => value.kind === "string" && pattern.test(value.value) ? value.value : undefined,
  );
}

/** The mode of a socket's file in octal digits; its owner keeps what it needs. */
export const socketMode: Reader<number> = reader(
  "one to four octal digits in quotes, from '0600' to '0777', with 6 or 7 for the owner",
  (value) => {
    if (value.kind !== "string" || !/^[0-7]{1,4}$/.test(value.value)) return undefined;
    const mode = parseInt(value.value, 8);
    return mode <= 0o777 && (mode & 0o600) === 0o600 ? mode : undefined;
  },
);
/** Text that `convert` reads; it returns `null` for text that it does not accept. */
export function convertedText<T>(accepts: string, convert: (text: string) => T | null): Reader<T> {
  return reader(
    accepts,
    (value) => value.kind === "string" ? convert(value.value) ?? undefined : undefined,
  );
}

/** One of a few words, each standing for a value. */
export function oneOf<T>(
  words: Readonly<Record<string, T>>,
  options: { readonly ignoreCase: boolean } = { ignoreCase: false },
): Reader<T> {
  const known = new Map(Object.entries(words));
  const quoted = [...known.keys()].map((word) => `'${word}'`);
  const accepts = listed(quoted) + (options.ignoreCase ? " in any case" : "");
  return {
    accepts,
    read(value, place, problems) {
      if (value.kind !== "string") return reject(value, accepts, place, problems);
      const word = options.ignoreCase ? value.value.toLowerCase() : value.value;
      if (known.has(word)) return known.get(word);
      const suggestion = nearest(word, [...known.keys()]);
      const hint = suggestion === null ? "" : `did you mean '${suggestion}'? `;
      problems.error(place, `Wrong value ${quote(value.value)}, ${hint}accepted: ${accepts}`);
      return undefined;
    },
  };
}

/** An array of values of one kind; wrong elements are reported one by one and left out. */
export function arrayOf<T>(element: Reader<T>): Reader<T[]> {
  const accepts = `an array, each element ${element.accepts}`;
  return {
    accepts,
    read(value, place, problems) {
      if (value.kind !== "array") return reject(value, accepts, place, problems);
      return value.items.flatMap((item, index) => {
        const at = { key: `${place.key}[${index}]`, line: item.line };
        const read = element.read(item, at, problems);
        return read === undefined ? [] : [read];
      });
    },
  };
}

/** A value together with its place, for checks that need more than the value. */
export interface Located<T> {
  readonly value: T;
  readonly place: Place;
}

/** Reads like another reader and remembers where. */
export function located<T>(inner: Reader<T>): Reader<Located<T>> {
  return {
    accepts: inner.accepts,
    read(value, place, problems) {
      const read = inner.read(value, place, problems);
      return read === undefined ? undefined : { value: read, place };
    },
  };
}

function integer(min: number, max: number): Reader<number> {
  return reader(
    `an integer from ${min} to ${max}`,
    (value) =>
      value.kind === "integer" && value.value >= BigInt(min) && value.value <= BigInt(max)
        ? Number(value.value)
        : undefined,
  );
}

function reader<T>(accepts: string, convert: (value: TomlValue) => T | undefined): Reader<T> {
  return {
    accepts,
    read: (value, place, problems) => convert(value) ?? reject(value, accepts, place, problems),
  };
}

/** Reports a value that a reader does not accept. */
export function reject(value: TomlValue, accepts: string, place: Place, problems: Problems) {
  problems.error(place, `Wrong value ${describe(value)}, accepted: ${accepts}`);
  return undefined;
}

function describe(value: TomlValue): string {
  switch (value.kind) {
    case "table":
    case "array":
      return `of type ${value.kind}`;
    default:
      return `${quote(String(value.value))} (${value.kind})`;
  }
}
