// Text of one command-line argument to a typed value. Everything here throws commander's
// InvalidArgumentError, which the command tree reports as a syntax error (exit code 2).

import { InvalidArgumentError, Option } from "commander";
import { parseAddress } from "../../../config/values/address.ts";
import type { HttpStatusRange, SocketAddress } from "../../../config/schema/messages.ts";
import { parseStatusRange, STATUS_RANGE_FORMS } from "../../../config/values/status_ranges.ts";

const MAX_U32 = 2n ** 32n - 1n;
const MAX_U64 = 2n ** 64n - 1n;

/** An unsigned 32-bit number. */
export function unsigned32(text: string): number {
  return Number(unsignedUpTo(text, MAX_U32));
}

/** How many connections one request may try, 1 to 255. */
export function attempts(text: string): number {
  const value = unsigned32(text);
  if (value < 1 || value > 255) {
    throw new InvalidArgumentError("Expected a whole number from 1 to 255.");
  }
  return value;
}

/** An unsigned 64-bit number. */
export function unsigned64(text: string): bigint {
  return unsignedUpTo(text, MAX_U64);
}

/** Milliseconds, as an unsigned 64-bit number. */
export function milliseconds(text: string): number {
  return Number(unsignedUpTo(text, MAX_U64));
}

/** A socket address such as `127.0.0.1:8080` or `[::1]:8080`. */
export function socketAddress(text: string): SocketAddress {
  const address = parseAddress(text);
  if (address === null) {
    throw new InvalidArgumentError(
      "Expected an address with a port, such as 127.0.0.1:8080 or [::1]:8080.",
    );
  }
  return address;
}

/** `true` or `false`. */
export function trueOrFalse(text: string): boolean {
  if (text !== "true" && text !== "false") {
    throw new InvalidArgumentError("Expected true or false.");
  }
  return text === "true";
}

/** Tags such as `owner=me,env=prod`: items trimmed, each split at its first `=`. */
export function tags(text: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const item of text.split(",").map((part) => part.trim())) {
    const equals = item.indexOf("=");
    if (equals < 0) {
      throw new InvalidArgumentError(
        `Expected key=value pairs separated by commas, got "${item}".`,
      );
    }
    map.set(item.slice(0, equals), item.slice(equals + 1));
  }
  return map;
}

/** Comma-separated values; later occurrences of the option add to earlier ones. */
export function commaSeparated(text: string, previous: string[] | undefined): string[] {
  const values = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  return [...(previous ?? []), ...values];
}

/** Comma-separated ranges of statuses; later occurrences of the option add to earlier ones. */
export function statusRanges(
  text: string,
  previous: HttpStatusRange[] | undefined,
): HttpStatusRange[] {
  const ranges = commaSeparated(text, undefined).map((part) => {
    const range = parseStatusRange(part);
    if (range === null) throw new InvalidArgumentError(`Expected ${STATUS_RANGE_FORMS}.`);
    return range;
  });
  return [...(previous ?? []), ...ranges];
}

/** One value an occurrence, every occurrence kept. */
export function repeated(text: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), text];
}

/** A parser for one of the names of `table`, case-insensitive. */
export function oneOf<T>(table: Readonly<Record<string, T>>): (text: string) => T {
  return (text) => {
    const found = Object.entries(table).find(([name]) => name.toLowerCase() === text.toLowerCase());
    if (found === undefined) {
      throw new InvalidArgumentError(`Accepted: ${Object.keys(table).join(", ")}.`);
    }
    return found[1];
  };
}

/** Like `oneOf`, one name an occurrence, every occurrence kept. */
export function repeatedOneOf<T>(
  table: Readonly<Record<string, T>>,
): (text: string, previous: T[] | undefined) => T[] {
  const parse = oneOf(table);
  return (text, previous) => [...(previous ?? []), parse(text)];
}

/** An option stored under `attribute` instead of under its own long name: aliases, paired flags. */
export class StoredAs extends Option {
  readonly #attribute: string;

  constructor(attribute: string, flags: string, description: string) {
    super(flags, description);
    this.#attribute = attribute;
  }

  override attributeName(): string {
    return this.#attribute;
  }
}

/** The mandatory `-a, --address` of most commands. */
export function addressOption(description: string): Option {
  return new Option("-a, --address <ip:port>", description)
    .argParser(socketAddress)
    .makeOptionMandatory();
}

/** The mandatory `-i, --id` of most commands. */
export function clusterIdOption(description = "Identifier of the cluster"): Option {
  return new Option("-i, --id <id>", description).makeOptionMandatory();
}

function unsignedUpTo(text: string, max: bigint): bigint {
  const value = /^\+?[0-9]{1,20}$/.test(text) ? BigInt(text.replace("+", "")) : null;
  if (value === null || value > max) {
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${max}.`);
  }
  return value;
}
