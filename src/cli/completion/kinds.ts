// The completions of a value: words, a file, or names that the running proxy knows.

import type { Command, Option } from "commander";

/** Values that are queried from the running proxy. */
export const ASKED = ["clusters", "listeners", "workers"] as const;

/** One of {@linkcode ASKED}. */
export type Asked = (typeof ASKED)[number];

/** The completion of a value; `text` has none. */
export type ValueKind =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "file" }
  | { readonly kind: "asked"; readonly what: Asked }
  | { readonly kind: "text" };

const TLS_VERSIONS = ["TLS_V12", "TLS_V13"];

/** Words by option, for options whose parser has no list of words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "--load-balancing-policy": [
    "round_robin",
    "random",
    "power_of_two",
    "least_loaded",
    "hrw",
    "maglev",
  ],
  "--redirect": ["forward", "permanent", "unauthorized"],
  "--redirect-scheme": ["use-same", "use-http", "use-https"],
  "--tls-versions": TLS_VERSIONS,
  "--client-auth": ["none", "optional", "required"],
  "--alpn-protocols": ["h2", "http/1.1"],
  "--backup": ["true", "false"],
  "--method": ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"],
};

const LOG_LEVELS = ["off", "error", "warn", "info", "debug", "trace"];

/** The completion of the value of an option of the command at `path`. */
export function kindOfOption(
  { long, flags, argChoices }: Option,
  path: readonly string[],
): ValueKind {
  const words = argChoices ?? WORDS[long ?? ""];
  if (words !== undefined) return { kind: "words", words };
  if (flags.includes("<file>") || long === "--file" || long === "--socket") return { kind: "file" };
  const what = askedFor(long, path);
  return what === null ? { kind: "text" } : { kind: "asked", what };
}

function askedFor(long: string | undefined, [family]: readonly string[]): Asked | null {
  if (long === "--id" || long === "--clusters") return "clusters";
  if (long === "--worker") return "workers";
  // The address of a backend is not known before it is added.
  return long === "--address" && family !== "backend" ? "listeners" : null;
}

/** Words that may follow a command. */
export function wordsOfArguments(command: Command): readonly string[] {
  if (command.name() === "logging") return LOG_LEVELS;
  if (isRouted(command)) return ["id", "deny"];
  return command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
}

/** Whether `id CLUSTER` may follow a command. */
export function isRouted(command: Command): boolean {
  return command.registeredArguments.some((argument) => argument.name() === "route");
}
