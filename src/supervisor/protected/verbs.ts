// The verbs of clients about health checks whose headers have values.

import {
  ProtectedHealthCheckPhase,
  type Response,
  type SetProtectedHealthCheck,
} from "../../../config/schema/messages.ts";
import { setHealthCheck } from "../../../config/state/verb.ts";
import { type AuditParts, beginAudit } from "../audit/begin.ts";
import type { Client } from "../command_socket/client_session.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { askCapability, changeProtected, type ProtectedParts } from "./change.ts";

/** Whether every worker can hold values, for clients that send them only then. */
export async function queryProtectedSupport(
  parts: ProtectedParts,
  client: Client,
): Promise<Response> {
  client.progress(processing(`Sent to ${parts.pool.targets().length} workers`));
  const problem = await askCapability(parts);
  if (problem !== null) return failure(`Not every worker can hold header values: ${problem}`);
  return ok("Every worker can hold header values", {
    kind: "protected_health_check_reply",
    value: {
      phase: ProtectedHealthCheckPhase.PROTECTED_HEALTH_CHECK_CAPABILITY,
      cluster_id: "",
      version: 0n,
    },
  });
}

/** Puts a health check into force with the values of its headers. The request was found valid. */
export async function setProtectedHealthCheck(
  parts: ProtectedParts & AuditParts,
  client: Client,
  value: SetProtectedHealthCheck,
): Promise<Response> {
  // The trail has the check as the state has it: no value, and no hash of one.
  const audited = beginAudit(parts, client, setHealthCheck(value));
  if (value.config.headers.some(({ fingerprint }) => fingerprint !== "")) {
    const problem = "Fingerprints are made here: accepted is an empty one for each header";
    audited?.failed("invalid_input", problem);
    return failure(problem);
  }
  client.progress(processing(`Changing the health check of cluster ${value.cluster_id}`));
  const { problem, workers } = await changeProtected(parts, value);
  if (problem === null) {
    audited?.done(` workers:${workers}`);
    return ok(`The health check is in force on ${workers} workers`);
  }
  audited?.failed("worker_failure", problem);
  return failure(`The health check was not changed: ${problem}`);
}
