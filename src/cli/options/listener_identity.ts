// `--certificate`, `--certificate-chain` and `--key` of TCP listeners: with them TLS ends at the listener.
// Whether they can be served is decided by the main process and the workers.

import type { Command } from "commander";
import { withChain } from "../../../config/file/sources.ts";
import type { BuildInputs } from "../command_host.ts";
import { CommandProblem } from "../problem.ts";

/** Paths as given; all absent where TLS passes, or where an update leaves it as it is. */
export interface IdentityPaths {
  readonly certificate?: string;
  readonly certificateChain?: string;
  readonly key?: string;
}

/** The fields of a listener that they fill. */
export interface Identity {
  readonly certificate?: string;
  readonly key?: string;
}

/** Declares the three options. */
export function declareIdentityOptions(command: Command): Command {
  return command
    .option("--certificate <file>", "Certificate to end TLS with, PEM; absent: the bytes pass")
    .option("--certificate-chain <file>", "Certificates that vouch for it, PEM")
    .option("--key <file>", "Its private key, PEM");
}

/** Reads what was given. */
export function identityOf(
  paths: IdentityPaths,
  { readFile }: Pick<BuildInputs, "readFile">,
): Identity | CommandProblem {
  const { certificate, certificateChain, key } = paths;
  if (certificate === undefined && certificateChain === undefined && key === undefined) return {};
  if (certificate === undefined || key === undefined) {
    return new CommandProblem("Give both --certificate and --key, or neither");
  }
  const leaf = readFile(certificate);
  if (leaf instanceof CommandProblem) return leaf;
  const chain = certificateChain === undefined ? undefined : readFile(certificateChain);
  if (chain instanceof CommandProblem) return chain;
  const secret = readFile(key);
  if (secret instanceof CommandProblem) return secret;
  return { certificate: withChain(leaf, chain), key: secret };
}
