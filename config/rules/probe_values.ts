// What the values of the headers of a health check must be. Refusals name the header and never the value.

import type { SetProtectedHealthCheck } from "../schema/messages.ts";
import { type ConfigError, invalidValue } from "../state/config_error.ts";
import { quoted } from "./rule.ts";

/** Names and values together, with the 4 bytes that a line takes besides. */
export const MAX_PROBE_HEADER_BYTES = 8192;
const LINE_BYTES = 4;

/** A probe over HTTP/2 is one frame (RFC 9113 section 6.5.2: the least that a peer takes). */
export const MAX_PROBE_BLOCK_BYTES = 16_384;

/** The method and the scheme, the longest address of a backend, and what the literals around it take. */
const BLOCK_BYTES = 2 + "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535".length + 8;
/** What a literal field takes besides its name and value: its kind and two lengths (RFC 7541 section 5.1). */
const LITERAL_BYTES = 9;

const HTAB = 0x09;
const SP = 0x20;
const DEL = 0x7f;

/** A value as a file holds it: without the end of its line, if it has one. */
export function valueOfFile(bytes: Uint8Array): Uint8Array {
  const end = bytes.at(-1) === 0x0a ? bytes.length - 1 : bytes.length;
  const isPair = end < bytes.length && bytes[end - 1] === 0x0d;
  return bytes.subarray(0, isPair ? end - 1 : end);
}

/** Most bytes of such a file: one value, and the end of a line. */
export const MAX_VALUE_FILE_BYTES = MAX_PROBE_HEADER_BYTES + 2;

/** Why the values are not those of the headers, or cannot be sent; `null` when they are and can. */
export function probeValuesProblem(
  { config, values }: Pick<SetProtectedHealthCheck, "config" | "values">,
): ConfigError | null {
  const { headers, uri } = config;
  if (values.length !== headers.length) {
    return invalidValue("values", `${values.length} values`, `one for each of ${headers.length}`);
  }
  let lines = 0;
  let block = BLOCK_BYTES + lengthOf(uri);
  for (const [index, { name, value }] of values.entries()) {
    const field = `values[${index}]`;
    if (name !== headers[index]?.name) {
      const accepted = `${quoted(headers[index]?.name ?? "")}: values have the order of headers`;
      return invalidValue(`${field}.name`, quoted(name), accepted);
    }
    const problem = valueProblem(value);
    if (problem !== null) return invalidValue(`${field}.value`, problem, ACCEPTED);
    lines += name.length + value.length + LINE_BYTES;
    block += name.length + value.length + LITERAL_BYTES;
  }
  if (lines > MAX_PROBE_HEADER_BYTES) {
    return invalidValue("values", `${lines} bytes`, `up to ${MAX_PROBE_HEADER_BYTES} with names`);
  }
  if (headers.length > 0 && block > MAX_PROBE_BLOCK_BYTES) {
    const accepted = `up to ${MAX_PROBE_BLOCK_BYTES} with the path, which one frame holds`;
    return invalidValue("values", `${block} bytes`, accepted);
  }
  return null;
}

const ACCEPTED = "UTF-8 without control characters but TAB, and without blanks at its ends";

/** What is wrong with a value, in words that do not tell it; `null` when nothing is. */
function valueProblem(value: Uint8Array): string | null {
  if (value.some((byte) => (byte < SP && byte !== HTAB) || byte === DEL)) {
    return "a value with a control character";
  }
  if (isBlank(value[0]) || isBlank(value.at(-1))) return "a value with a blank at its end";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(value);
    return null;
  } catch {
    return "a value that is not UTF-8";
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SP || byte === HTAB;
}

function lengthOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
