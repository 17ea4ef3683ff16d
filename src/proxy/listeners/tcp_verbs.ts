// The requests that only TCP listeners know: settings and frontends.

import type { VerbOf, VerbsAbout } from "../../../config/state/verbs.ts";
import type { WorkerContext } from "../../session/worker_context.ts";
import { Bindings } from "./bindings.ts";
import type { ClusterSet } from "../clusters.ts";
import type { PlaneParts } from "../parts.ts";
import type { ListenerTable } from "./table.ts";
import { StreamListener } from "./tcp.ts";
import { TcpServices } from "./tcp_services.ts";

/** Requests handled here. */
export type TcpVerb = VerbOf<VerbsAbout<"tcp">>;

/** Executes them. */
export class TcpVerbs {
  /** The frontends of every address. */
  readonly bindings = new Bindings(() => new TcpServices());
  readonly #listeners: ListenerTable<StreamListener>;
  readonly #worker: WorkerContext;
  readonly #clusters: ClusterSet;
  readonly #parts: PlaneParts;

  constructor(
    listeners: ListenerTable<StreamListener>,
    worker: WorkerContext,
    clusters: ClusterSet,
    parts: PlaneParts,
  ) {
    this.#listeners = listeners;
    this.#worker = worker;
    this.#clusters = clusters;
    this.#parts = parts;
  }

  /** Resolves with `null` when the request is in force, or with the reason why it is not. */
  async apply(verb: TcpVerb): Promise<string | null> {
    const { address } = verb.value;
    switch (verb.kind) {
      case "add_tcp_listener":
        return this.#listeners.add(
          address,
          () =>
            StreamListener.create(verb.value, this.#worker, this.#parts, this.bindings.at(address)),
        );
      case "update_tcp_listener":
        return await this.#listeners.with(address, (it) => it.update(verb.value));
      case "replace_tcp_listener":
        return await this.#listeners.with(address, (it) => it.replace(verb.value));
      case "add_tcp_frontend":
        return this.bindings.at(address).add(verb.value, this.#clusters);
      case "remove_tcp_frontend":
        return this.bindings.at(address).remove(verb.value);
    }
  }
}
