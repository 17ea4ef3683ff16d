// Changes of the configuration: applied to the state of main first, then by every worker. A change
// that a worker refuses is undone everywhere, so that a FAILURE means nothing changed.

import { encode } from "../../../config/codec/protobuf.ts";
import { Request, type Response } from "../../../config/schema/messages.ts";
import { missingListener, rowOf, verbName } from "../../../config/state/verbs.ts";
import { prepareUndo, scopeOf } from "../../../config/undo/undo.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { beginAudit } from "../audit/begin.ts";
import type { Client, Execution } from "../command_socket/client_session.ts";
import { deadline, type MainContext } from "../context.ts";
import { forgetRemoved } from "../metrics/main.ts";
import type { Release } from "./change_order.ts";
import { eventOf } from "../command_socket/request_events.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { rollBack } from "./rollback.ts";
import { describeAnswers, failuresOf } from "../workers/texts.ts";

/** Starts a change; the next request may begin once it was sent to the workers. */
export function executeMutation(
  context: MainContext,
  type: Verb,
  client: Client,
): Execution {
  const turn = context.order.enter(scopeOf(type));
  if (typeof turn === "function") {
    return { begun: null, done: applyAndSend(context, type, client, turn) };
  }
  const done = turn.then((release) => applyAndSend(context, type, client, release));
  return { begun: rowOf(type.kind).independent === true ? null : turn.then(() => {}), done };
}

/** Everything up to the fan-out happens before the first await: one order for state and workers. */
async function applyAndSend(
  context: MainContext,
  type: Verb,
  client: Client,
  release: Release,
): Promise<Response> {
  try {
    const request: Request = { request_type: type };
    const encoded = encode(Request, request);
    const audited = beginAudit(context, client, type, encoded);
    const event = eventOf(type);
    const undo = prepareUndo(context.state, type);
    const refusal = missingListener(context.state, type) ?? context.state.apply(request)?.message;
    if (event !== null) context.events.emit("main", event);
    if (refusal !== undefined) {
      audited?.failed("dispatch_error", refusal);
      return failure(`Refused by the configuration state: ${refusal}`);
    }
    forgetRemoved(context, type);
    audited?.done();
    context.onStateChanged();
    const targets = context.pool.targets();
    client.progress(processing(`Sent to ${targets.length} workers`));
    const answers = await context.gatherer.scatter({
      verb: verbName(type.kind),
      parcels: targets.map((worker) => ({ worker, request: encoded, index: 0 })),
      patience: deadline(context),
      onProcessing: (id, requestId, message) =>
        client.progress(processing(`Worker ${id} is processing ${requestId}. ${message}`)),
    });
    const failures = failuresOf(answers);
    const outcome = failures.length === 0 ? "" : await rollBack(context, [{ undo, failures }]);
    audited?.completed(answers, outcome);
    if (event !== null) context.events.emit("main", event);
    return failures.length === 0 ? ok("") : failure(`${describeAnswers(answers)}; ${outcome}`);
  } finally {
    release();
  }
}
