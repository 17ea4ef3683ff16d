// Whether a request can match a route at all. A host or a path that no request can have is a mistake, and a route
// that is never used without notice is worse than a refusal. The parser of request heads says what requests can have.

import { parseHostRule } from "../../src/routing/host/host_rule.ts";
import { RouteError } from "../../src/routing/route_rule.ts";
import { type ConfigError, invalidValue } from "../state/config_error.ts";
import { parseIpv6 } from "../values/ip_address.ts";
import { type PathRule, PathRuleKind } from "../schema/messages.ts";
import { quoted } from "./rule.ts";

/** RFC 1035 section 2.3.4. */
const MAX_LABEL = 63;
const MAX_NAME = 253;
/** A name without the dot at its end that fully qualified ones have. */
const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?$/;
/** An IPv6 address with or without the brackets it has in an authority. */
const BRACKETED = /^\[?([^[\]]+)\]?$/;

/** Why no request can have the host, or `null`; expressions are not judged. */
export function hostProblem(hostname: string, field: string): ConfigError | null {
  const rule = parseHostRule(hostname, true);
  if (rule instanceof RouteError || rule.kind === "any" || rule.kind === "regex") return null;
  const name = rule.kind === "exact" ? rule.text : rule.suffix.replace(/^\./, "");
  const literal = BRACKETED.exec(name)?.[1] ?? "";
  if (parseIpv6(literal) !== null) return null;
  if (!NAME.test(name)) {
    const accepted = 'a host name like "example.com" or "*.example.com", without scheme and port';
    return invalidValue(field, quoted(hostname), accepted);
  }
  const isLong = name.length > MAX_NAME ||
    name.split(".").some((label) => label.length > MAX_LABEL);
  if (!isLong) return null;
  const accepted = `names of up to ${MAX_NAME} characters, each label up to ${MAX_LABEL}`;
  return invalidValue(field, quoted(hostname), accepted);
}

/** Bytes a request target can have without its fragment, which clients keep (RFC 9112 section 3.2). */
const TARGET = /^[\x21\x22\x24-\x7e]*$/;

/** Why no request target can match the rule, or `null`; expressions are not judged. */
export function pathProblem({ kind, value }: PathRule, field: string): ConfigError | null {
  if (kind === PathRuleKind.REGEX) return null;
  if (!TARGET.test(value)) {
    const accepted = 'visible ASCII without "#"; other characters are percent-encoded in requests';
    return invalidValue(field, quoted(value), accepted);
  }
  if (value === "*" || value.startsWith("/")) return null;
  if (value === "" && kind === PathRuleKind.PREFIX) return null;
  return invalidValue(field, quoted(value), 'a path that starts with "/"');
}
