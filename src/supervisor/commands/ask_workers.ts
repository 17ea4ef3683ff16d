// One request to every worker, on behalf of a client that sees how far they are.

import { verbName } from "../../../config/state/verbs.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { Client } from "../command_socket/client_session.ts";
import { processing } from "../command_socket/responses.ts";
import { type FanOut, requestsFor, type WorkerAnswer, type WorkerTargets } from "./fan_out.ts";

/** What asking the workers takes. */
export interface AskParts {
  readonly pool: WorkerTargets;
  readonly fanOut: FanOut;
  /** How long a worker may take to answer, in milliseconds. */
  readonly workerTimeoutMs: number;
}

/** Sends a request to every worker and collects the answers. */
export function askWorkers(
  { pool, fanOut, workerTimeoutMs }: AskParts,
  client: Client,
  type: Verb,
): Promise<readonly WorkerAnswer[]> {
  const targets = pool.targets();
  client.progress(processing(`Sent to ${targets.length} workers`));
  return fanOut.run({
    verb: verbName(type.kind),
    requests: requestsFor(targets, { request_type: type }),
    deadline: { kind: "total", ms: workerTimeoutMs },
    onProcessing: (id, requestId, message) =>
      client.progress(processing(`Worker ${id} is processing ${requestId}. ${message}`)),
  });
}
