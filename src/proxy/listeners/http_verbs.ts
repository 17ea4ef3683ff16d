// The requests that only plain HTTP listeners know: settings and frontends.

import type { VerbOf, VerbsAbout } from "../../../config/state/verbs.ts";
import type { WorkerContext } from "../../session/worker_context.ts";
import { Bindings } from "./bindings.ts";
import type { ClusterSet } from "../clusters.ts";
import type { PlaneParts } from "../parts.ts";
import { HttpListener } from "./http.ts";
import { HttpRoutes } from "./http_routes.ts";
import type { ListenerTable } from "./table.ts";

/** Requests handled here. */
export type HttpVerb = VerbOf<VerbsAbout<"http">>;

/** Executes them. */
export class HttpVerbs {
  /** The frontends of every address. */
  readonly bindings = new Bindings(() => new HttpRoutes("http"));
  readonly #listeners: ListenerTable<HttpListener>;
  readonly #worker: WorkerContext;
  readonly #clusters: ClusterSet;
  readonly #parts: PlaneParts;

  constructor(
    listeners: ListenerTable<HttpListener>,
    worker: WorkerContext,
    clusters: ClusterSet,
    parts: PlaneParts,
  ) {
    this.#listeners = listeners;
    this.#worker = worker;
    this.#clusters = clusters;
    this.#parts = parts;
  }

  /** `null` when the request is in force, or the reason why it is not. */
  apply(verb: HttpVerb): string | null {
    const { address } = verb.value;
    switch (verb.kind) {
      case "add_http_listener":
        return this.#listeners.add(
          address,
          () =>
            HttpListener.create(verb.value, this.#worker, this.#parts, this.bindings.at(address)),
        );
      case "update_http_listener":
        return this.#listeners.with(address, (it) => it.update(verb.value));
      case "replace_http_listener":
        return this.#listeners.with(address, (it) => it.replace(verb.value));
      case "add_http_frontend":
        return this.bindings.at(address).add(verb.value, this.#clusters);
      case "remove_http_frontend":
        this.bindings.at(address).remove(verb.value);
        return null;
    }
  }
}
