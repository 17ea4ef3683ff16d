// The table of verbs: which function executes each verb of the schema. The functions are in the other files of this
// folder.

import type { Request, Response } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { changesState, isInternalChange } from "../../../config/state/verbs.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { validateVerb } from "../../../config/rules/validate.ts";
import { beginAudit } from "../audit/begin.ts";
import type { Client, Execution, Executor } from "../command_socket/client_session.ts";
import { type MainUpgradeParts, upgradeMain } from "../main_upgrade/old_main.ts";
import { failure } from "../command_socket/responses.ts";
import { isReload, type ServiceManager } from "../service_manager.ts";
import type { Adoption } from "../workers/adoption.ts";
import {
  executeLoadState,
  executeReload,
  executeSaveState,
  type LoadParts,
  type ReloadParts,
} from "./files.ts";
import { hardStop, softStop, status, type StatusParts, type StopParts } from "./lifecycle.ts";
import { type ChangeParts, executeChange } from "./change.ts";
import {
  answerFromMain,
  answerMerged,
  answerMetrics,
  type MainQueryParts,
  type MetricsQueryParts,
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
  & {
    readonly adoption: Adoption;
    readonly service: ServiceManager;
    /** Users allowed on the command socket; `null`: every user who can open it. */
    readonly allowedUids: readonly number[] | null;
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

  #answer(type: Verb, client: Client): Response | null | Promise<Response> {
    const context = this.#context;
    switch (type.kind) {
      case "list_workers":
      case "list_frontends":
      case "list_listeners":
      case "query_certificates_from_the_state":
      case "count_requests":
      case "query_health_checks":
        return answerFromMain(context, type);
      case "query_cluster_by_id":
      case "query_clusters_by_domain":
      case "query_clusters_hashes":
      case "query_certificates_from_workers":
        return answerMerged(context, client, type);
      case "query_metrics":
        return answerMetrics(context, client, type);
      case "query_max_connections_per_ip":
        return queryConnectionLimit(context, client, type);
      case "Logging":
        return changeLogging(context, client, type);
      case "configure_metrics":
      case "set_max_connections_per_ip":
        return changeProcessSetting(context, client, type);
      case "set_metric_detail":
        return setMetricDetail(context, client, type);
      default:
        return this.#operate(type, client);
    }
  }

  #operate(type: Verb, client: Client): Response | null | Promise<Response> {
    const context = this.#context;
    switch (type.kind) {
      case "save_state":
        return executeSaveState(context, client, type);
      case "load_state":
        return executeLoadState(context, client, type);
      case "reload_configuration":
        return executeReload(context, client, type);
      case "status":
        return status(context, client);
      case "soft_stop":
        return softStop(context, client);
      case "hard_stop":
        return hardStop(context, client);
      case "upgrade_main":
        return upgradeMain(context, client);
      case "upgrade_worker":
        return upgradeWorker(context, client, type.value);
      case "subscribe_events":
        beginAudit(context, client, type)?.done(`:client_id:${client.id}`);
        context.events.subscribe(client.subscribe());
        return null;
      case "launch_worker":
      case "return_listen_sockets":
      case "steer_listener":
      case "query_listener_socket":
      case "probe_listener":
      case "close_listener_socket":
      case "wind_down":
        return internalVerb(type);
      default:
        return failure(`${type.kind} is not available`);
    }
  }

  /** Refuses a request that is no change of the configuration; changes are checked where they are applied. */
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
