// Changes of the configuration: applied to the state of main first, then by every worker. A change
// that a worker refuses is undone everywhere, so that a FAILURE means nothing changed.

import { encode } from "../../../config/codec/protobuf.ts";
import { Request, type Response } from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { goneAlready, missingListener, rowOf, verbName } from "../../../config/state/verbs.ts";
import { prepareUndo, scopeOf } from "../../../config/undo/undo.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { statedProblem } from "../../configuration/servable.ts";
import { type AuditParts, beginAudit } from "../audit/begin.ts";
import type { Client, Execution } from "../command_socket/client_session.ts";
import type { EventHub } from "../command_socket/events.ts";
import { forgetRemoved } from "../metrics/main.ts";
import type { BatchParts } from "./batch.ts";
import type { ChangeOrder, Release } from "./change_order.ts";
import { eventOf } from "../command_socket/request_events.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { rollBack } from "./rollback.ts";
import { appliedText, describeAnswers, failuresOf } from "../workers/texts.ts";

/** What changing the configuration takes. */
export interface ChangeParts extends BatchParts, AuditParts {
  readonly state: ConfigState;
  readonly order: ChangeOrder;
  readonly events: EventHub;
}

/** Starts a change; the next request may begin once it was sent to the workers. */
export function executeChange(
  parts: ChangeParts,
  type: Verb,
  client: Client,
): Execution {
  const turn = parts.order.enter(scopeOf(type));
  if (typeof turn === "function") {
    return { begun: null, done: applyAndSend(parts, type, client, turn) };
  }
  const done = turn.then((release) => applyAndSend(parts, type, client, release));
  return { begun: rowOf(type.kind).independent === true ? null : turn.then(() => {}), done };
}

/** Why there is nothing to bind a request to; what is wrong with the request itself goes first. */
function unbound(state: ConfigState, request: Request, type: Verb): string | null {
  const missing = missingListener(state, type);
  return missing === null ? null : state.objection(request)?.message ?? missing;
}

/** Everything up to the fan-out happens before the first await: one order for state and workers. */
async function applyAndSend(
  parts: ChangeParts,
  type: Verb,
  client: Client,
  release: Release,
): Promise<Response> {
  try {
    const request: Request = { request_type: type };
    const encoded = encode(Request, request);
    const audited = beginAudit(parts, client, type, encoded);
    const event = eventOf(type);
    const undo = prepareUndo(parts.state, type);
    const refusal = unbound(parts.state, request, type) ?? statedProblem(type) ??
      parts.state.apply(request)?.message;
    if (event !== null) parts.events.emit("main", event);
    const gone = refusal === undefined ? null : goneAlready(parts.state, type);
    if (gone !== null) {
      audited?.done();
      return ok(`There was nothing to remove: ${gone}`);
    }
    if (refusal !== undefined) {
      audited?.failed("dispatch_error", refusal);
      return failure(`Refused by the configuration state: ${refusal}`);
    }
    forgetRemoved(parts.retained, type);
    audited?.done();
    parts.onStateChanged();
    const targets = parts.pool.targets();
    client.progress(processing(`Sent to ${targets.length} workers`));
    const answers = await parts.fanOut.run({
      verb: verbName(type.kind),
      requests: targets.map((worker) => ({ worker, request: encoded, index: 0 })),
      deadline: { kind: "total", ms: parts.workerTimeoutMs },
      onProcessing: (id, requestId, message) =>
        client.progress(processing(`Worker ${id} is processing ${requestId}. ${message}`)),
    });
    const failures = failuresOf(answers);
    if (failures.length === 0) parts.probeValues.settle(parts.state.tables, [scopeOf(type)]);
    const outcome = failures.length === 0 ? "" : await rollBack(parts, [{ undo, failures }]);
    audited?.completed(answers, outcome);
    if (event !== null) parts.events.emit("main", event);
    return failures.length === 0
      ? ok(appliedText(targets.length))
      : failure(`${describeAnswers(answers)}; ${outcome}`);
  } finally {
    release();
  }
}
