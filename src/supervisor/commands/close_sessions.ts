// Ending the sessions of a cluster or of some of its backends, in every worker. Nothing of it is kept: workers that
// start later know nothing of it.

import type { Response, ResponseContent } from "../../../config/schema/messages.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { Client } from "../command_socket/client_session.ts";
import { failure, ok } from "../command_socket/responses.ts";
import { describeAnswers } from "../workers/texts.ts";
import { type AskParts, askWorkers } from "./ask_workers.ts";
import type { WorkerAnswer } from "./fan_out.ts";

/** How many sessions each worker has ended; a failure, with what the others ended, unless all have told. */
export async function closeSessions(
  parts: AskParts,
  client: Client,
  type: Verb,
): Promise<Response> {
  return mergeEnded(await askWorkers(parts, client, type));
}

/** The answer to the client, made of those of the workers. */
export function mergeEnded(answers: readonly WorkerAnswer[]): Response {
  const map = new Map<string, ResponseContent>();
  const failures: WorkerAnswer[] = [];
  const ended: string[] = [];
  for (const answer of [...answers].sort((a, b) => a.workerId - b.workerId)) {
    const { workerId, outcome, content } = answer;
    const part = content?.content_type;
    if (outcome === "ok" && content !== null && part?.kind === "closed_sessions") {
      map.set(String(workerId), content);
      ended.push(`${workerId}: ${part.value.closed} closed, ${part.value.draining} draining`);
    } else if (outcome === "ok") {
      const message = "The answer does not tell how many sessions were ended";
      failures.push({ ...answer, outcome: "failure", message });
    } else failures.push(answer);
  }
  if (failures.length === 0) {
    const said = ended.length === 0
      ? "No worker is running"
      : `Sessions by worker: ${ended.join(", ")}`;
    return ok(said, { kind: "worker_responses", value: { map } });
  }
  const others = ended.length === 0 ? "" : `; the other workers: ${ended.join(", ")}`;
  return failure(`${describeAnswers(failures)}${others}`);
}
