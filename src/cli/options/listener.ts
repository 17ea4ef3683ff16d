// Options shared by the `listener` commands. Each one is stored under the name of the message field
// it fills, so that a builder only has to copy the fields that were given.

import { type Command, Option } from "commander";
import { ForwardedHeaders } from "../../../config/schema/messages.ts";
import {
  oneOf,
  repeated,
  socketAddress,
  StoredAs,
  unsigned32,
  unsigned64,
} from "./argument_parsers.ts";
import { H2_OPTIONS, type H2Field } from "./h2_fields.ts";

const H2_64_BIT_FIELDS: ReadonlySet<string> = new Set<H2Field>([
  "h2_max_rst_stream_lifetime",
  "h2_max_rst_stream_abusive_lifetime",
  "h2_max_rst_stream_emitted_lifetime",
]);

/** `--public-address`. */
export function publicAddressOption(): Option {
  return fieldOption(
    "public_address",
    "<ip:port>",
    "Address to report to servers instead of the one listened on",
  ).argParser(socketAddress);
}

/** An option whose value is stored under the message field `field`. */
export function fieldOption(field: string, placeholder: string, description: string): Option {
  return new StoredAs(field, `--${field.replaceAll("_", "-")} ${placeholder}`.trim(), description);
}

/** `--front-timeout` and the like, in seconds. */
export function timeoutOption(field: string): Option {
  return fieldOption(field, "<seconds>", TIMEOUT_DESCRIPTIONS[field] ?? "Timeout")
    .argParser(unsigned32);
}

/** `--forwarded-headers`. */
export function forwardedHeadersOption(): Option {
  return fieldOption(
    "forwarded_headers",
    "<family>",
    "Headers about the client to add: both, x_forwarded, rfc7239 or none",
  ).argParser(oneOf(FORWARDED_HEADERS));
}

const FORWARDED_HEADERS: Readonly<Record<string, ForwardedHeaders>> = {
  both: ForwardedHeaders.FORWARDED_HEADERS_BOTH,
  x_forwarded: ForwardedHeaders.FORWARDED_HEADERS_X_FORWARDED,
  rfc7239: ForwardedHeaders.FORWARDED_HEADERS_RFC7239,
  none: ForwardedHeaders.FORWARDED_HEADERS_NONE,
};

/** `--upload-min-bytes`. */
export function uploadOption(): Option {
  return fieldOption(
    "upload_min_bytes",
    "<bytes>",
    "Bytes of a body that must come within each timeout; 0 = any",
  ).argParser(unsigned32);
}

const TIMEOUT_DESCRIPTIONS: Readonly<Record<string, string>> = {
  front_timeout: "Longest silence of a client",
  back_timeout: "Longest silence of a server",
  connect_timeout: "Longest time to connect to a server",
  request_timeout: "Longest time for a client to send a whole request",
};

/** Declares the HTTP/2 options of `update`. */
export function declareH2Options(command: Command): Command {
  for (const [field, description] of Object.entries(H2_OPTIONS)) {
    command.addOption(
      fieldOption(field, "<n>", description)
        .argParser<bigint | number>(H2_64_BIT_FIELDS.has(field) ? unsigned64 : unsigned32)
        .helpGroup("HTTP/2 options:"),
    );
  }
  return command;
}

/** A pair of flags for one boolean field; the last one given wins. */
export function declarePair(
  command: Command,
  field: string,
  on: { flag: string; description: string },
  off: { flag: string; description: string },
): Command {
  // Absent flags must stay absent, hence no default; `preset` is what a bare flag stores.
  return command
    .addOption(new StoredAs(field, on.flag, on.description).preset(true))
    .addOption(new StoredAs(field, off.flag, off.description).preset(false));
}

/** `--allow-obs-text` and its opposite. */
export function declareObsTextOptions(command: Command): Command {
  return declarePair(
    command,
    "allow_obs_text",
    {
      flag: "--allow-obs-text",
      description: "Accept bytes above 127 in header values of requests",
    },
    { flag: "--refuse-obs-text", description: "Answer requests with such bytes 400" },
  );
}

/** `--h2c-prior-knowledge` and its opposite. */
export function declareClearH2Options(command: Command): Command {
  return declarePair(
    command,
    "h2c_prior_knowledge",
    {
      flag: "--h2c-prior-knowledge",
      description: "Accept clients that speak HTTP/2 without TLS from their first byte on",
    },
    { flag: "--no-h2c-prior-knowledge", description: "Accept clients of HTTP/1 only" },
  );
}

/** `--tls-versions` and the like: one value an occurrence. */
export function listOption(field: string, placeholder: string, description: string): Option {
  return fieldOption(field, placeholder, `${description} (repeatable)`).argParser(repeated);
}

/** The fields of `options` named in `fields` that were given. */
export function givenFields<T extends object, K extends keyof T>(
  options: T,
  fields: readonly K[],
): Pick<T, K> {
  const given: Partial<Pick<T, K>> = {};
  for (const field of fields) {
    if (options[field] !== undefined) given[field] = options[field];
  }
  return given as Pick<T, K>;
}
