// The configuration as this program can serve it: the one way a file is read by `start`, by a reload and
// by `config check`, and the state every request of a client is applied to.

import { servable } from "../../config/rules/admission.ts";
import { clientAuthProblem as problemOf } from "../../config/rules/client_auth.ts";
import type { Verb } from "../../config/state/verbs.ts";
import { MAX_CONFIG_FILE_BYTES } from "../../config/defaults.ts";
import { BackendNames } from "../../config/file/backend_names.ts";
import { loadConfig, type LoadResult } from "../../config/file/load.ts";
import { ConfigState } from "../../config/state/state.ts";
import { clientAuthProblem, statedClientAuthProblem } from "../io/client_auth/check.ts";
import { certificateProblem } from "../io/x509/certificate_check.ts";
import { resolveAll, resolveHost } from "../io/net/resolve.ts";
import { readRegularFile } from "../io/files/regular_file.ts";
import { parseCertificate } from "../io/x509/certificate.ts";

/** An empty state that refuses what this program could not serve. */
export function servableState(): ConfigState {
  return new ConfigState(parseCertificate, servable(certificateProblem, clientAuthProblem));
}

/** The same for what an operator states now: revocation lists that have expired are refused as well. */
export function statedState(): ConfigState {
  return new ConfigState(parseCertificate, servable(certificateProblem, statedClientAuthProblem));
}

/** Why a request of an operator is refused though a saved one is not, or `null`. */
export function statedProblem(verb: Verb): string | null {
  return problemOf(verb, statedClientAuthProblem)?.message ?? null;
}

/** Reads and checks a configuration file and the files it names, and resolves the hosts it names. Never rejects. */
export async function readServable(
  path: string,
  cwd: string,
  resolve: typeof resolveHost = resolveHost,
): Promise<LoadResult> {
  const readFile = (name: string) => readRegularFile(name, MAX_CONFIG_FILE_BYTES);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot read the file: ${reason}`;
    return { ok: false, errors: [{ file: path, line: 1, key: "", message }], warnings: [] };
  }
  const load = (names: BackendNames) =>
    loadConfig(text, { path, cwd, readFile, trial: statedState(), names });
  // Most files name no host: then the first reading is all there is to it.
  const names = new BackendNames();
  const loaded = load(names);
  if (names.wanted.size === 0) return loaded;
  return load(new BackendNames(await resolveAll(names.wanted, resolve)));
}
