// What a rule asks of the header fields of a request. Compiled and put into one canonical order when the
// rule is added, so that two spellings of the same demands are one; read against the fields where they lie.

import { asciiBytes, equalBytes, equalsIgnoreCase } from "../../bytes/ascii.ts";
import { isFieldName } from "../../protocol/http/field_syntax.ts";
import { Field, FieldFlag, type MessageHead } from "../../protocol/http/message_head.ts";
import { LinearRegex } from "../linear_regex.ts";
import { HeaderMatch, type HeaderPredicate, RouteError } from "../route_rule.ts";

/** Most demands of one rule: every request for its host is held against all of them. */
export const MAX_HEADER_PREDICATES = 32;
/** Longest value in UTF-16 code units: what fits in a head of the smallest useful buffer. */
const MAX_VALUE_LENGTH = 8192;

/** Fields that are not what they seem: requests have exactly one host, and cookies are put together anew. */
const RESERVED: ReadonlySet<string> = new Set(["host", "cookie"]);
const CONTROL = /[^\P{Cc}\t]/u;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** All that one rule asks of the header fields. */
export class HeaderTests {
  /** Equal for equal demands, whatever their order and spelling. */
  readonly key: string;
  readonly #tests: readonly HeaderTest[];

  constructor(key: string, tests: readonly HeaderTest[]) {
    this.key = key;
    this.#tests = tests;
  }

  /** How many demands there are. */
  get count(): number {
    return this.#tests.length;
  }

  /** Does the request meet every demand? Builds a string for expressions only. */
  hold(head: MessageHead): boolean {
    for (let index = 0; index < this.#tests.length; index++) {
      if (!holds(this.#tests[index] as HeaderTest, head)) return false;
    }
    return true;
  }
}

/** One demand; without value and expression the field has only to be there. */
interface HeaderTest {
  /** In lower case. */
  readonly name: Uint8Array;
  readonly value: Uint8Array | null;
  readonly regex: LinearRegex | null;
}

/** Checks and compiles the predicates of a rule; `null` when there are none. */
export function compileHeaderTests(
  predicates: readonly HeaderPredicate[],
): HeaderTests | RouteError | null {
  if (predicates.length === 0) return null;
  if (predicates.length > MAX_HEADER_PREDICATES) {
    return new RouteError(
      "invalid_headers",
      `Invalid header predicates: there are ${predicates.length}, at most ` +
        `${MAX_HEADER_PREDICATES} are accepted`,
    );
  }
  const tests = new Map<string, HeaderTest>();
  for (const [index, predicate] of predicates.entries()) {
    const test = compileTest(predicate);
    if (typeof test === "string") return invalid(index, test);
    tests.set(predicateKey(predicate), test);
  }
  const sorted = [...tests].sort(([left], [right]) => left < right ? -1 : left > right ? 1 : 0);
  return new HeaderTests(
    sorted.map(([key]) => key).join(""),
    sorted.map(([, test]) => test),
  );
}

/** The identity of a list of predicates: each once, in canonical order; "" for none. */
export function headersKey(predicates: readonly HeaderPredicate[]): string {
  if (predicates.length === 0) return "";
  return [...new Set(predicates.map(predicateKey))].sort().join("");
}

/** `;H<kind>:"<lower-case name>"[="<value>"]`. */
function predicateKey({ name, kind, value }: HeaderPredicate): string {
  const key = `;H${kind}:${JSON.stringify(name.toLowerCase())}`;
  return value === null ? key : `${key}=${JSON.stringify(value)}`;
}

function invalid(index: number, reason: string): RouteError {
  return new RouteError(
    "invalid_headers",
    `Invalid header predicate at index ${index}: ${reason}`,
  );
}

/** A text says what is wrong; it never shows the value, which may be a secret. */
function compileTest({ name, kind, value }: HeaderPredicate): HeaderTest | string {
  if (!isFieldName(name)) return "the name is no header name (RFC 9110 section 5.6.2)";
  const lower = name.toLowerCase();
  if (RESERVED.has(lower)) {
    return `the header "${lower}" cannot be asked for; hosts are matched by hostname`;
  }
  const test = { name: asciiBytes(lower), value: null, regex: null };
  if (kind === HeaderMatch.PRESENT) {
    return value === null ? test : "a value is given, PRESENT accepts none";
  }
  if (kind !== HeaderMatch.EXACT && kind !== HeaderMatch.REGEX) {
    return `kind ${kind} is unknown; accepted are 0 (EXACT), 1 (REGEX), 2 (PRESENT)`;
  }
  if (value === null) return "no value is given, EXACT and REGEX need one";
  if (kind === HeaderMatch.REGEX) {
    const regex = compileWhole(value);
    return typeof regex === "string" ? regex : { ...test, regex };
  }
  const problem = exactProblem(value);
  return problem ?? { ...test, value: asciiBytes(value) };
}

function compileWhole(value: string): LinearRegex | string {
  const regex = LinearRegex.compile(value, { anchored: true, ignoreCase: false });
  return typeof regex === "string" ? "the value is no expression in RE2 syntax" : regex;
}

/** Why no field can have the value, or `null`. */
function exactProblem(value: string): string | null {
  if (value.length > MAX_VALUE_LENGTH) {
    return `the value is longer than ${MAX_VALUE_LENGTH} characters`;
  }
  if (CONTROL.test(value)) return "the value holds control characters, only tabs are accepted";
  if (/^[ \t]|[ \t]$/.test(value)) {
    return "the value begins or ends with blanks, which header values never do";
  }
  return null;
}

/** The first field of the name that is passed on decides (an empty one is there as well). */
function holds(test: HeaderTest, head: MessageHead): boolean {
  const { name } = test;
  for (let index = 0; index < head.count; index++) {
    const start = head.at(index, Field.NAME_START);
    const end = head.at(index, Field.NAME_END);
    if (!equalsIgnoreCase(head.bytes, start, end, name)) continue;
    if ((head.at(index, Field.KIND) & FieldFlag.DROP) !== 0) continue;
    return valueHolds(test, head, index);
  }
  return false;
}

function valueHolds({ value, regex }: HeaderTest, head: MessageHead, index: number): boolean {
  const start = head.at(index, Field.VALUE_START);
  const end = head.at(index, Field.VALUE_END);
  if (value !== null) return equalBytes(head.bytes, start, end, value, 0, value.length);
  return regex === null || regex.test(decoder.decode(head.bytes.subarray(start, end)));
}
