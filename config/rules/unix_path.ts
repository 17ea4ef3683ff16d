// What may stand in `unix_path` of a backend: the socket that is dialled instead of its address.

import type { ConfigError } from "../state/config_error.ts";
import type { Rule } from "./rule.ts";

/** A sockaddr_un holds 108 bytes, one of which ends a path or begins an abstract name. */
export const MAX_UNIX_PATH_BYTES = 107;

/** Why a text names no unix socket, or `null`. */
export function unixPathProblem(path: string): string | null {
  if (path === "@") return "an abstract unix_path needs a name after '@'";
  if (!path.startsWith("/") && !path.startsWith("@")) {
    return "unix_path must be an absolute path or an @abstract name";
  }
  if (path.includes("\0")) return "unix_path must not contain a NUL byte";
  const { length } = new TextEncoder().encode(path);
  if (length <= MAX_UNIX_PATH_BYTES) return null;
  return `unix_path does not fit a sockaddr_un (${MAX_UNIX_PATH_BYTES} bytes at most)`;
}

/** The rule of the field. */
export const unixPath: Rule = {
  kind: "text",
  check: (value, field): ConfigError | null => {
    const problem = unixPathProblem(value as string);
    if (problem === null) return null;
    return { kind: "invalid_value", message: `invalid unix_path: ${problem}`, field };
  },
};
