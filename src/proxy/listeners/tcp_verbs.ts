// The requests that only TCP listeners know: settings and frontends.

import type { VerbOf, VerbsAbout } from "../../../config/state/verbs.ts";
import { Bindings } from "./bindings.ts";
import type { SharedParts } from "./listener.ts";
import type { ListenersByAddress } from "./listener_set.ts";
import { StreamListener } from "./tcp.ts";
import { TcpServices } from "./tcp_services.ts";

/** Requests handled here. */
export type TcpVerb = VerbOf<VerbsAbout<"tcp">>;

/** Executes them. */
export class TcpVerbs {
  /** The frontends of every address. */
  readonly bindings = new Bindings(() => new TcpServices());
  readonly #listeners: ListenersByAddress<StreamListener>;
  readonly #shared: SharedParts;

  constructor(listeners: ListenersByAddress<StreamListener>, shared: SharedParts) {
    this.#listeners = listeners;
    this.#shared = shared;
  }

  /** Resolves with `null` when the request is in force, or with the reason why it is not. */
  async apply(verb: TcpVerb): Promise<string | null> {
    const { worker, clusters, parts } = this.#shared;
    const { address } = verb.value;
    switch (verb.kind) {
      case "add_tcp_listener":
        return this.#listeners.add(
          address,
          () => StreamListener.create(verb.value, worker, parts, this.bindings.at(address)),
        );
      case "update_tcp_listener":
        return await this.#listeners.with(address, (it) => it.update(verb.value));
      case "replace_tcp_listener":
        return await this.#listeners.with(address, (it) => it.replace(verb.value));
      case "add_tcp_frontend":
        return this.bindings.at(address).add(verb.value, clusters);
      case "remove_tcp_frontend":
        return this.bindings.at(address).remove(verb.value);
    }
  }
}
