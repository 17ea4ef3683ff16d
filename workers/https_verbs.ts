// The requests that only HTTPS listeners know: settings, certificates and frontends.

import { formatAddress } from "../config/address.ts";
import type {
  HttpsListenerConfig,
  Request,
  RequestHttpFrontend,
  SocketAddress,
} from "../config/messages.ts";
import { Counter } from "../src/observe/counters.ts";
import { loggerOf } from "../src/observe/log.ts";
import type { WorkerContext } from "../src/session/context.ts";
import type { ClusterSet } from "./cluster_set.ts";
import { HttpsListener } from "./https_listener.ts";
import type { ListenerTable } from "./listener_set.ts";
import { unenforcedSettings } from "./tls_settings.ts";

/** Requests handled here. */
export type HttpsVerb = NonNullable<Request["request_type"]> & {
  kind:
    | "add_https_listener"
    | "update_https_listener"
    | "add_https_frontend"
    | "remove_https_frontend"
    | "add_certificate"
    | "remove_certificate"
    | "replace_certificate";
};

/** Executes them. */
export class HttpsVerbs {
  readonly #listeners: ListenerTable<HttpsListener>;
  readonly #worker: WorkerContext;
  readonly #clusters: ClusterSet;
  readonly #reported = new Set<string>();
  readonly #log = loggerOf("worker::tls");

  constructor(
    listeners: ListenerTable<HttpsListener>,
    worker: WorkerContext,
    clusters: ClusterSet,
  ) {
    this.#listeners = listeners;
    this.#worker = worker;
    this.#clusters = clusters;
  }

  /** Resolves with `null` when the request is in force, or with the reason why it is not. */
  async apply(verb: HttpsVerb): Promise<string | null> {
    switch (verb.kind) {
      case "add_https_listener":
        return this.#addListener(verb.value);
      case "update_https_listener": {
        const { address } = verb.value;
        const refusal = await this.#listeners.with(address, (it) => it.update(verb.value));
        const listener = this.#listeners.get(address);
        if (refusal === null && listener !== undefined) this.#report(listener.config);
        return refusal;
      }
      case "add_https_frontend":
        return this.#addFrontend(verb.value);
      case "remove_https_frontend":
        return this.#listeners.with(
          verb.value.address,
          ({ front }) => front.removeFrontend(verb.value),
        );
      case "add_certificate":
        return await this.#certificates(
          verb.value.address,
          (it) => it.addCertificate(verb.value),
        );
      case "remove_certificate":
        return await this.#certificates(
          verb.value.address,
          (it) => it.removeCertificate(verb.value),
        );
      case "replace_certificate":
        return await this.#certificates(
          verb.value.address,
          (it) => it.replaceCertificate(verb.value),
        );
    }
  }

  #addListener(config: HttpsListenerConfig): string | null {
    const refusal = this.#listeners.add(HttpsListener.create(config, this.#worker));
    if (refusal === null) this.#report(config);
    return refusal;
  }

  #addFrontend(frontend: RequestHttpFrontend): string | null {
    return this.#listeners.with(
      frontend.address,
      ({ front }) => front.addFrontend(frontend, this.#clusters),
    );
  }

  async #certificates(
    address: SocketAddress,
    change: (listener: HttpsListener) => Promise<string | null>,
  ): Promise<string | null> {
    const listener = this.#listeners.get(address);
    if (listener === undefined) return `found no listener with address ${formatAddress(address)}`;
    const refusal = await change(listener);
    if (refusal === null) this.#publishExpiry();
    return refusal;
  }

  /** The level keeps its last value when no certificate remains. */
  #publishExpiry(): void {
    let first = Infinity;
    for (const listener of this.#listeners.values()) {
      first = Math.min(first, listener.firstExpiry() ?? Infinity);
    }
    if (first !== Infinity) this.#worker.counters.set(Counter.TLS_MIN_EXPIRY, first);
  }

  /** Says once for each setting that it is kept but not enforced. */
  #report(config: HttpsListenerConfig): void {
    for (const [setting, reason] of unenforcedSettings(config)) {
      if (this.#reported.has(setting)) continue;
      this.#reported.add(setting);
      this.#log.warn("{setting} is not enforced: {reason}", { setting, reason });
    }
  }
}
