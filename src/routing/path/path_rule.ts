// Path rules: validated and compiled when a rule is added, compared with the request target (query
// included, nothing decoded or merged) where it lies in the buffer. An expression matches the whole target.

import { MAX_KEY_LENGTH } from "../key_arena.ts";
import { LinearRegex } from "../linear_regex.ts";
import { type PathRule, PathRuleKind, RouteError } from "../route_rule.ts";

/**
 * Longest accepted value in bytes. A request head must fit one buffer (16 KiB by default), so a longer
 * value could not match with usual settings.
 */
const MAX_PATH_RULE_LENGTH = MAX_KEY_LENGTH;

/** A path rule ready to be compared. */
export interface CompiledPath {
  readonly kind: number;
  readonly value: string;
  /** UTF-8 of the value, for PREFIX and EQUALS. */
  readonly bytes: Uint8Array;
  /** Set for REGEX only. */
  readonly regex: LinearRegex | null;
}

function compiledPrefix(value: string): CompiledPath {
  return { kind: PathRuleKind.PREFIX, value, bytes: new TextEncoder().encode(value), regex: null };
}

/** What nearly every host has; shared, because very many rules have it. */
const EVERY_PATH: readonly CompiledPath[] = ["/", ""].map(compiledPrefix);

/** Checks and compiles one path rule. */
export function compilePath(path: PathRule): CompiledPath | RouteError {
  const { kind, value } = path;
  if (kind === PathRuleKind.PREFIX) {
    const shared = EVERY_PATH.find((other) => other.value === value);
    if (shared !== undefined) return shared;
  }
  if (kind === PathRuleKind.REGEX) {
    const regex = LinearRegex.compile(value, { anchored: true, ignoreCase: false });
    if (typeof regex === "string") return invalid(value, `${regex}; accepted is RE2 syntax`);
    return { kind, value, bytes: new Uint8Array(0), regex };
  }
  if (kind !== PathRuleKind.PREFIX && kind !== PathRuleKind.EQUALS) {
    return invalid(
      value,
      `kind ${kind} is unknown; accepted are 0 (PREFIX), 1 (REGEX), 2 (EQUALS)`,
    );
  }
  const bytes = new TextEncoder().encode(value);
  if (bytes.length > MAX_PATH_RULE_LENGTH) {
    return invalid(value.slice(0, 64), `it is longer than ${MAX_PATH_RULE_LENGTH} bytes`);
  }
  return { kind, value, bytes, regex: null };
}

function invalid(value: string, reason: string): RouteError {
  return new RouteError("invalid_path", `Invalid path rule "${value}": ${reason}`);
}

/** Do the first bytes of `bytes[start..end)` equal `prefix`? */
export function startsWith(
  bytes: Uint8Array,
  start: number,
  end: number,
  prefix: Uint8Array,
): boolean {
  if (end - start < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) {
    if (bytes[start + index] !== prefix[index]) return false;
  }
  return true;
}

/** Does this rule match the path in `bytes[start..end)`? Builds a string for expressions only. */
export function pathMatches(
  path: CompiledPath,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (path.regex !== null) return path.regex.test(pathText(bytes, start, end));
  if (path.kind === PathRuleKind.EQUALS && end - start !== path.bytes.length) return false;
  return startsWith(bytes, start, end, path.bytes);
}

/** The path as text. Bytes that are no UTF-8 become U+FFFD: such a target is matched, never rejected. */
export function pathText(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end));
}
