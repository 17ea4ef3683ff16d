// The `--hsts-*` options shared by frontends and HTTPS listeners, and the policy they stand for.

import { type Command, Option } from "commander";
import { DEFAULT_HSTS_MAX_AGE_SECONDS } from "../../../config/defaults.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import type { HstsConfig } from "../../../config/schema/messages.ts";
import { unsigned32 } from "./argument_parsers.ts";
import { CommandProblem } from "../problem.ts";

/** Parsed `--hsts-*` options. */
export interface HstsOptions {
  readonly hstsMaxAge?: number;
  readonly hstsIncludeSubdomains?: boolean;
  readonly hstsPreload?: boolean;
  readonly hstsForceReplaceBackend?: boolean;
  readonly hstsDisabled?: boolean;
}

/** Declares the options on `command`. */
export function declareHstsOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--hsts-max-age <seconds>", "Enable HSTS with this max-age").argParser(unsigned32),
    )
    .option("--hsts-include-subdomains", "Enable HSTS, covering subdomains")
    .option("--hsts-preload", "Enable HSTS with the preload directive")
    .option("--hsts-force-replace-backend", "Enable HSTS, replacing the header of the backend")
    .addOption(
      new Option("--hsts-disabled", "Send no HSTS header, not even an inherited one").conflicts([
        "hstsMaxAge",
        "hstsIncludeSubdomains",
        "hstsPreload",
        "hstsForceReplaceBackend",
      ]),
    );
}

/** The policy the options stand for; `undefined` when none was given. */
export function hstsOf(options: HstsOptions): HstsConfig | CommandProblem | undefined {
  const enabling = options.hstsMaxAge !== undefined || options.hstsIncludeSubdomains === true ||
    options.hstsPreload === true || options.hstsForceReplaceBackend === true;
  if (options.hstsDisabled === true) {
    return enabling
      ? new CommandProblem("Use either --hsts-disabled or the options that enable HSTS, not both")
      : { enabled: false };
  }
  if (!enabling) return undefined;
  return {
    enabled: true,
    max_age: options.hstsMaxAge ?? DEFAULT_HSTS_MAX_AGE_SECONDS,
    ...presentFields({
      include_subdomains: options.hstsIncludeSubdomains,
      preload: options.hstsPreload,
      force_replace_backend: options.hstsForceReplaceBackend,
    }),
  };
}
