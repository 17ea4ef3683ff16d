// Every verb of the schema and what executes it. The one table of who does what; the work is in
// the files beside it.

import type { Request, Response } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import {
  changesState,
  isInternal,
  isInternalChange,
  rowOf,
  type Verb,
  type VerbKind,
  type VerbOf,
  type VerbsWith,
} from "../../../config/state/verbs.ts";
import { validateVerb } from "../../../config/rules/validate_verb.ts";
import { beginAudit } from "../audit/begin.ts";
import type { Client, Execution, Executor } from "../command_socket/client_session.ts";
import type { MainContext } from "../context.ts";
import { upgradeMain } from "../main_upgrade/old_main.ts";
import { failure } from "../command_socket/responses.ts";
import { isReload } from "../service_manager.ts";
import { executeLoadState, executeReload, executeSaveState } from "./files.ts";
import { hardStop, softStop, status } from "./lifecycle.ts";
import { executeMutation } from "./change.ts";
import {
  answerFromState,
  answerMetrics,
  listListeners,
  listWorkers,
  type StateQuery,
} from "./query.ts";
import { changeLogging, changeRuntime, queryConnectionLimit, setMetricDetail } from "./runtime.ts";
import { upgradeWorker } from "../workers/upgrade.ts";

/** What answers one verb; `null` when the client gets no answer now. */
type Execute<V extends Verb = Verb> = (
  context: MainContext,
  client: Client,
  type: V,
) => Response | null | Promise<Response | null>;

/** The verbs that need a function of main: all but those whose rows say everything. */
type OwnVerb = Exclude<VerbKind, VerbsWith<"mutate" | "internal" | "answer" | "remembered">>;

/** Who executes them; a verb that is missing here does not compile. */
const OWN_VERBS: { readonly [K in OwnVerb]: Execute<VerbOf<K>> } = {
  list_workers: listWorkers,
  list_listeners: listListeners,
  query_metrics: (context, client, { value }) => answerMetrics(context, client, value),
  query_max_connections_per_ip: queryConnectionLimit,
  Logging: changeLogging,
  set_metric_detail: setMetricDetail,
  save_state: executeSaveState,
  load_state: executeLoadState,
  reload_configuration: executeReload,
  status,
  soft_stop: softStop,
  hard_stop: hardStop,
  upgrade_main: upgradeMain,
  upgrade_worker: (context, client, { value }) => upgradeWorker(context, client, value),
  subscribe_events: (context, client, type) => {
    beginAudit(context, client, type)?.done(`:client_id:${client.id}`);
    context.events.subscribe(client.subscribe());
    return null;
  },
};

/** Executes the requests of clients. */
export class Verbs implements Executor {
  readonly #context: MainContext;
  readonly #log = loggerOf("supervisor::verbs");

  constructor(context: MainContext) {
    this.#context = context;
  }

  overlaps(request: Request): boolean {
    return request.request_type !== null && changesState(request.request_type.kind);
  }

  execute(request: Request, client: Client): Execution {
    const type = request.request_type;
    // A worker is none of the users the list is about.
    if (type?.kind === "adopt_worker") {
      return whenDone(Promise.resolve(this.#context.adoption.adopt(type.value, client)));
    }
    const { allowedUids } = this.#context.settings;
    // An unknown user is on no list.
    if (allowedUids !== null && !allowedUids.includes(client.peer.uid ?? NaN)) {
      return atOnce(this.#unauthorized(type, client));
    }
    if (type === null) return atOnce(failure("The request is empty: it names no verb"));
    if (!isReload(type.kind)) return this.#execute(type, client);
    const { service } = this.#context;
    service.beginReload();
    const execution = this.#execute(type, client);
    void execution.done.finally(() => service.endReload());
    return execution;
  }

  #execute(type: Verb, client: Client): Execution {
    try {
      if (isInternalChange(type.kind)) return atOnce(internalVerb(type));
      if (!changesState(type.kind)) {
        const problem = validateVerb(type);
        if (problem !== null) return atOnce(this.#invalid(type, client, problem.message));
        return whenDone(this.#guard(this.#answer(type, client)));
      }
      const { begun, done } = executeMutation(this.#context, type, client);
      const onError = (error: unknown) => this.#internalError(error);
      return { begun: begun === null ? null : begun.catch(() => {}), done: done.catch(onError) };
    } catch (error) {
      return atOnce(this.#internalError(error));
    }
  }

  #answer(type: Verb, client: Client): Response | null | Promise<Response | null> {
    if (isInternal(type.kind)) return internalVerb(type);
    const own = (OWN_VERBS as Partial<Record<VerbKind, Execute>>)[type.kind];
    if (own !== undefined) return own(this.#context, client, type);
    if (rowOf(type.kind).remembered === true) return changeRuntime(this.#context, client, type);
    if (isAnsweredFromState(type)) return answerFromState(this.#context, client, type);
    return failure(`${type.kind} is not available`);
  }

  /** What changes the configuration is checked where it is applied; the rest is here. */
  #invalid(type: Verb, client: Client, reason: string): Response {
    beginAudit(this.#context, client, type)?.failed("invalid_input", reason);
    return failure(reason);
  }

  #unauthorized(type: Verb | null, client: Client): Response {
    const uid = client.peer.uid ?? "unknown";
    this.#log.warn("Client {id}: user {uid} is not in command_allowed_uids, refused {kind}", {
      id: client.id,
      uid,
      kind: type?.kind ?? "an empty request",
    });
    return failure(`unauthorized: actor UID ${uid} not in command_allowed_uids`);
  }

  /** A mistake of ours costs one answer, not the process. */
  async #guard<T extends Response | null>(work: T | Promise<T>): Promise<T | Response> {
    try {
      return await work;
    } catch (error) {
      return this.#internalError(error);
    }
  }

  #internalError(error: unknown): Response {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#log.error("Executing a request failed: {text}", { text });
    return failure(`Internal error: ${error instanceof Error ? error.message : error}`);
  }
}

function isAnsweredFromState(type: Verb): type is StateQuery {
  return rowOf(type.kind).answer !== undefined;
}

function internalVerb({ kind }: Verb): Response {
  return failure(`${kind} is internal to the main process and not for clients`);
}

function atOnce(response: Response): Execution {
  return { begun: null, done: Promise.resolve(response) };
}

/** The next request waits for this one's answer. */
function whenDone(done: Promise<Response | null>): Execution {
  return { begun: done.then(() => {}), done };
}
