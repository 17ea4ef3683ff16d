// The table of verbs: which function executes each verb of the schema. The functions are in the other files of this
// folder.

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
import { type MainUpgradeParts, upgradeMain } from "../main_upgrade/old_main.ts";
import { failure } from "../command_socket/responses.ts";
import type { ProtectedParts } from "../protected/change.ts";
import { queryProtectedSupport, setProtectedHealthCheck } from "../protected/verbs.ts";
import { isReload, type ServiceManager } from "../service_manager.ts";
import type { Adoption } from "../workers/adoption.ts";
import {
  executeLoadState,
  executeReload,
  executeSaveState,
  type LoadParts,
  type ReloadParts,
} from "./files.ts";
import { closeSessions } from "./close_sessions.ts";
import { hardStop, softStop, status, type StatusParts, type StopParts } from "./lifecycle.ts";
import { type ChangeParts, executeChange } from "./change.ts";
import {
  answerFromState,
  answerMetrics,
  listListeners,
  listWorkers,
  type MainQueryParts,
  type MetricsQueryParts,
  type StateQuery,
} from "./query.ts";
import {
  changeLogging,
  changeProcessSetting,
  type LoggingParts,
  type MetricDetailParts,
  type ProcessSettingParts,
  queryConnectionLimit,
  setMetricDetail,
} from "./process_settings.ts";
import { upgradeWorker, type WorkerUpgradeParts } from "../workers/upgrade.ts";

/** What the verbs take, each of them its own part, and what this table takes itself. */
export type VerbParts =
  & ChangeParts
  & MainQueryParts
  & MetricsQueryParts
  & LoadParts
  & ReloadParts
  & StatusParts
  & StopParts
  & LoggingParts
  & ProcessSettingParts
  & MetricDetailParts
  & MainUpgradeParts
  & WorkerUpgradeParts
  & ProtectedParts
  & {
    readonly adoption: Adoption;
    readonly service: ServiceManager;
    /** Users allowed on the command socket; `null`: every user who can open it. */
    readonly allowedUids: readonly number[] | null;
  };

/** What answers one verb; `null` when the client gets no answer now. */
type Execute<V extends Verb = Verb> = (
  parts: VerbParts,
  client: Client,
  type: V,
) => Response | null | Promise<Response | null>;

/** The verbs that need a function of main: all but those whose rows say everything. */
type OwnVerb = Exclude<VerbKind, VerbsWith<"mutate" | "internal" | "answer" | "remembered">>;

/** Who executes them; a verb that is missing here does not compile. */
const OWN_VERBS: { readonly [K in OwnVerb]: Execute<VerbOf<K>> } = {
  list_workers: listWorkers,
  list_listeners: listListeners,
  query_metrics: (parts, client, { value }) => answerMetrics(parts, client, value),
  query_max_connections_per_ip: queryConnectionLimit,
  query_max_connections_per_subnet: queryConnectionLimit,
  close_sessions: closeSessions,
  set_protected_health_check: (parts, client, { value }) =>
    setProtectedHealthCheck(parts, client, value),
  query_protected_health_check_support: queryProtectedSupport,
  Logging: changeLogging,
  set_metric_detail: setMetricDetail,
  save_state: executeSaveState,
  load_state: executeLoadState,
  reload_configuration: executeReload,
  status,
  soft_stop: softStop,
  hard_stop: hardStop,
  upgrade_main: upgradeMain,
  upgrade_worker: (parts, client, { value }) => upgradeWorker(parts, client, value),
  subscribe_events: (parts, client, type) => {
    beginAudit(parts, client, type)?.done(`:client_id:${client.id}`);
    parts.events.subscribe(client.subscribe());
    return null;
  },
};

/** Executes the requests of clients. */
export class Verbs implements Executor {
  readonly #context: VerbParts;
  readonly #log = loggerOf("supervisor::verbs");

  constructor(context: VerbParts) {
    this.#context = context;
  }

  overlaps(request: Request): boolean {
    return request.request_type !== null && changesState(request.request_type.kind);
  }

  execute(request: Request, client: Client): Execution {
    const type = request.request_type;
    // The list is about users; a worker is checked by adopt() itself.
    if (type?.kind === "adopt_worker") {
      return whenDone(Promise.resolve(this.#context.adoption.adopt(type.value, client)));
    }
    const { allowedUids } = this.#context;
    // An unknown user is never on the list.
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
      const busy = this.#context.fences.objection(type);
      if (busy !== null) return atOnce(this.#invalid(type, client, busy));
      if (!changesState(type.kind)) {
        const problem = validateVerb(type);
        if (problem !== null) return atOnce(this.#invalid(type, client, problem.message));
        return whenDone(this.#guard(this.#answer(type, client)));
      }
      const { begun, done } = executeChange(this.#context, type, client);
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
    if (rowOf(type.kind).remembered === true) {
      return changeProcessSetting(this.#context, client, type);
    }
    if (isAnsweredFromState(type)) return answerFromState(this.#context, client, type);
    return failure(`${type.kind} is not available`);
  }

  /** Refuses a request before it is executed; the values of changes are checked where they are applied. */
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

  /** An exception makes one answer a failure and does not end the process. */
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
