// Host rules as operators write them: parsed, validated and normalised once, when a rule is added.
// Exact and wildcard names become lower-case ASCII (IDNA); regex names are split into labels for the
// tree and compiled to one anchored expression for the ordered lists. Knows nothing of paths or tables.

import { LinearRegex } from "../linear_regex.ts";
import { RouteError } from "../route_rule.ts";

/** One dot-separated part of a regex host: a literal, or an expression for exactly one label. */
export interface HostLabel {
  /** `null` for a literal. */
  readonly regex: LinearRegex | null;
  /** The literal, or the text between the two slashes. */
  readonly text: string;
}

/** A validated host rule; `text` is the normalised form that identifies it. */
export type HostRule =
  | { readonly kind: "any"; readonly text: string }
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "wildcard"; readonly text: string; readonly suffix: string }
  | {
    readonly kind: "regex";
    readonly text: string;
    readonly labels: readonly HostLabel[];
    readonly whole: LinearRegex;
  };

/** Longest accepted host rule in bytes: names end at 253, the rest is room for expressions. */
const MAX_HOST_RULE_LENGTH = 4096;

const ACCEPTED =
  'accepted are "*", a name, "*" followed by a suffix, or labels written as "/regex/"';

/**
 * Parses a configured host name. Expressions keep their text and match without regard to case; in the tree
 * (`inTree`) a `*` may stand for the leftmost label beside them.
 */
export function parseHostRule(hostname: string, inTree: boolean): HostRule | RouteError {
  if (hostname === "") return invalid(hostname, "it is empty");
  if (hostname.length > MAX_HOST_RULE_LENGTH) {
    return invalid(hostname.slice(0, 64), `it is longer than ${MAX_HOST_RULE_LENGTH} characters`);
  }
  if (hostname === "*") return { kind: "any", text: "*" };
  if (hostname.includes("/")) return parseRegexHost(hostname, inTree);
  if (hostname.lastIndexOf("*") > 0) {
    return invalid(hostname, '"*" may only stand at the beginning');
  }
  const ascii = toAsciiHost(hostname);
  if (ascii === null) return invalid(hostname, "it cannot be converted to an ASCII host name");
  if (!hostname.startsWith("*")) return { kind: "exact", text: ascii };
  if (!ascii.startsWith("*")) return invalid(hostname, "the suffix after the wildcard is no name");
  return { kind: "wildcard", text: ascii, suffix: ascii.slice(1) };
}

function invalid(hostname: string, reason: string): RouteError {
  return new RouteError("invalid_host", `Invalid host name "${hostname}": ${reason}; ${ACCEPTED}`);
}

/**
 * IDNA "to ASCII" and lower case; `null` when there is no such form. The dot of a fully qualified name is
 * left out, as it is from the host of a request.
 */
export function toAsciiHost(hostname: string): string | null {
  if (!isAscii(hostname)) {
    // The URL parser applies UTS-46. It is asked only about names it must convert: for plain ASCII it
    // would also rewrite numbers to IPv4 addresses, which a host rule never means.
    const star = hostname.startsWith("*.") ? "*." : "";
    if (/[\s:@?#%\\[\]]/.test(hostname)) return null;
    const url = URL.parse(`http://${hostname.slice(star.length)}/`);
    if (url === null || url.hostname === "") return null;
    return star + withoutFinalDot(url.hostname);
  }
  return lowerAscii(withoutFinalDot(hostname));
}

function withoutFinalDot(name: string): string {
  return /[^.*]\.$/.test(name) ? name.slice(0, -1) : name;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function parseRegexHost(hostname: string, inTree: boolean): HostRule | RouteError {
  const parts = splitRegexHost(hostname, inTree);
  if (typeof parts === "string") return invalid(hostname, parts);
  const labels: HostLabel[] = [];
  for (const part of parts) {
    const label = parseLabel(part);
    if (typeof label === "string") return invalid(hostname, label);
    labels.push(label);
  }
  const source = labels.map((label) =>
    label.regex === null ? escapeLiteral(label.text) : `(?:${label.text})`
  ).join("\\.");
  const whole = LinearRegex.compile(source, { anchored: true, ignoreCase: true });
  if (typeof whole === "string") return invalid(hostname, whole);
  return { kind: "regex", text: joinLabels(labels), labels, whole };
}

function parseLabel(part: HostPart): HostLabel | string {
  if (!part.regex) {
    const text = toAsciiHost(part.text);
    return text === null ? `label "${part.text}" has no ASCII form` : { regex: null, text };
  }
  if (!isAscii(part.text)) return `expression "${part.text}" is not ASCII, as host names are`;
  // Compiled alone even where only the whole is used: an unbalanced group must not be completed by
  // its neighbour.
  const regex = LinearRegex.compile(part.text, { anchored: true, ignoreCase: true });
  return typeof regex === "string" ? regex : { regex, text: part.text };
}

function joinLabels(labels: readonly HostLabel[]): string {
  return labels.map((label) => label.regex === null ? label.text : `/${label.text}/`).join(".");
}

function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

interface HostPart {
  readonly regex: boolean;
  readonly text: string;
}

/** Splits at the dots outside `/.../`; a text says what is wrong. */
function splitRegexHost(hostname: string, inTree: boolean): HostPart[] | string {
  const parts: HostPart[] = [];
  let index = 0;
  for (;;) {
    const regex = hostname[index] === "/";
    const start = regex ? index + 1 : index;
    let end = hostname.indexOf(regex ? "/" : ".", start);
    if (regex && end < 0) return 'a "/" is not closed';
    if (end < 0) end = hostname.length;
    const text = hostname.slice(start, end);
    if (regex && text === "") return "an expression is empty";
    if (!regex && text.includes("/")) return 'text is glued to an opening "/"';
    if (!regex && text === "") return "a label is empty";
    if (text === "*" && !regex && (index > 0 || !inTree)) {
      return '"*" beside an expression is the leftmost label of a host in the tree';
    }
    if (!regex && text !== "*" && text.includes("*")) return '"*" is a label of its own';
    parts.push({ regex, text });
    index = regex ? end + 1 : end;
    if (index === hostname.length) return parts;
    if (hostname[index] !== ".") return 'text is glued to a closing "/"';
    index++;
  }
}
