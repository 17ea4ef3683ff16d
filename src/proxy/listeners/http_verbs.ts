// The requests that only plain HTTP listeners know: settings and frontends.

import type { VerbOf, VerbsAbout } from "../../../config/state/verbs.ts";
import { Bindings } from "./bindings.ts";
import { HttpListener } from "./http.ts";
import { HttpRoutes } from "./http_routes.ts";
import type { SharedParts } from "./listener.ts";
import type { ListenersByAddress } from "./listener_set.ts";

/** Requests handled here. */
export type HttpVerb = VerbOf<VerbsAbout<"http">>;

/** Executes them. */
export class HttpVerbs {
  /** The frontends of every address. */
  readonly bindings = new Bindings(() => new HttpRoutes("http"));
  readonly #listeners: ListenersByAddress<HttpListener>;
  readonly #shared: SharedParts;

  constructor(listeners: ListenersByAddress<HttpListener>, shared: SharedParts) {
    this.#listeners = listeners;
    this.#shared = shared;
  }

  /** `null` when the request is in force, or the reason why it is not. */
  apply(verb: HttpVerb): string | null {
    const { clusters } = this.#shared;
    const { address } = verb.value;
    switch (verb.kind) {
      case "add_http_listener":
        return this.#listeners.add(
          address,
          () => HttpListener.create(verb.value, this.#shared, this.bindings.at(address)),
        );
      case "update_http_listener":
        return this.#listeners.with(address, (it) => it.update(verb.value));
      case "replace_http_listener":
        return this.#listeners.with(address, (it) => it.replace(verb.value));
      case "add_http_frontend":
        return this.bindings.at(address).add(verb.value, clusters);
      case "remove_http_frontend":
        this.bindings.at(address).remove(verb.value);
        return null;
    }
  }
}
