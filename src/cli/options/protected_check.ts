// `cluster health-check set --header-file`: headers whose values come from files and are sent only to a proxy that
// keeps them in memory.

import { InvalidArgumentError } from "commander";
import {
  MAX_VALUE_FILE_BYTES,
  probeValuesProblem,
  valueOfFile,
} from "../../../config/rules/probe_values.ts";
import {
  type HealthCheckConfig,
  type HealthCheckHeaderValue,
  ProtectedHealthCheckPhase,
  type Request,
  type Response,
  ResponseStatus,
} from "../../../config/schema/messages.ts";
import { ClientError } from "../../client/mod.ts";
import type { BuildInputs } from "../command_host.ts";
import { CommandProblem } from "../problem.ts";

/** How long sozu may take to say that it can hold values. */
const SUPPORT_MS = 5_000;

/** Stands for standard input. */
const STANDARD_INPUT = "-";

/** A header, and the file with its value. */
export interface HeaderFile {
  readonly name: string;
  readonly path: string;
}

/** `NAME=PATH`; later occurrences of the option add to earlier ones. */
export function headerFiles(text: string, previous: HeaderFile[] | undefined): HeaderFile[] {
  const equals = text.indexOf("=");
  if (equals < 1 || equals === text.length - 1) {
    throw new InvalidArgumentError("Expected NAME=PATH, where PATH is a file or - .");
  }
  const file = { name: text.slice(0, equals), path: text.slice(equals + 1) };
  const all = [...(previous ?? []), file];
  if (all.filter(({ path }) => path === STANDARD_INPUT).length > 1) {
    throw new InvalidArgumentError("Standard input can be the value of one header only.");
  }
  return all;
}

/** The request with the values, which are read when sozu has said that it can hold them. */
export async function protectedCheck(
  inputs: BuildInputs,
  clusterId: string,
  config: HealthCheckConfig,
  files: readonly HeaderFile[],
): Promise<Request | CommandProblem> {
  const problem = await supportProblem(inputs);
  if (problem !== null) return problem;
  const values: HealthCheckHeaderValue[] = [];
  for (const { name, path } of files) {
    const bytes = inputs.readBytes(path, MAX_VALUE_FILE_BYTES);
    if (bytes instanceof CommandProblem) return bytes;
    values.push({ name, value: valueOfFile(bytes) });
  }
  const refusal = probeValuesProblem({ config, values });
  if (refusal !== null) return new CommandProblem(refusal.message);
  return {
    request_type: {
      kind: "set_protected_health_check",
      value: { cluster_id: clusterId, config, values },
    },
  };
}

/** Why sozu may not be sent values, or `null`. */
async function supportProblem(inputs: BuildInputs): Promise<CommandProblem | null> {
  const unsupported = (reason: string) =>
    new CommandProblem(
      `Header values were not sent: sozu does not say that it can protect them (${reason})`,
      "refused",
    );
  let answer: Response;
  try {
    const client = await inputs.connect();
    answer = await client.send(
      { request_type: { kind: "query_protected_health_check_support", value: {} } },
      { timeoutMs: SUPPORT_MS },
    );
  } catch (error) {
    if (!(error instanceof ClientError) || error.kind === "cannot_connect") throw error;
    return unsupported(error.message);
  }
  if (answer.status !== ResponseStatus.OK) return new CommandProblem(answer.message, "refused");
  const reply = answer.content?.content_type;
  const isExact = reply?.kind === "protected_health_check_reply" &&
    reply.value.phase === ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_CAPABILITY &&
    reply.value.cluster_id === "" && reply.value.version === 0n;
  return isExact ? null : unsupported("it answers something else");
}
