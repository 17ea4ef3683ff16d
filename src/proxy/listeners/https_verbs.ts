// The requests that only HTTPS listeners know: settings, certificates and frontends.

import type {
  HttpsListenerConfig,
  SocketAddress,
  UpdateHttpsListenerConfig,
} from "../../../config/schema/messages.ts";
import type { VerbOf, VerbsAbout } from "../../../config/state/verbs.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import type { ModuleLog } from "../../observe/log/module_log.ts";
import { Bindings } from "./bindings.ts";
import { HttpRoutes } from "./http_routes.ts";
import { HttpsCertificates } from "../certificates/https.ts";
import { type HttpsBinding, HttpsListener } from "./https.ts";
import type { SharedParts } from "./listener.ts";
import type { ListenersByAddress } from "./listener_set.ts";
import { unenforcedSettings } from "./tls_settings.ts";

/** Requests handled here. */
export type HttpsVerb = VerbOf<VerbsAbout<"https">>;

/** Executes them. */
export class HttpsVerbs {
  /** The frontends and certificates of every address. */
  readonly bindings: Bindings<HttpsBinding>;
  readonly #listeners: ListenersByAddress<HttpsListener>;
  readonly #shared: SharedParts;
  readonly #reported = new Set<string>();
  readonly #log: ModuleLog;

  constructor(listeners: ListenersByAddress<HttpsListener>, shared: SharedParts) {
    this.#listeners = listeners;
    this.#shared = shared;
    const { worker, parts } = shared;
    this.#log = parts.loggerOf("worker::tls");
    this.bindings = new Bindings(() => ({
      routes: new HttpRoutes("https"),
      certificates: new HttpsCertificates(worker.counters, parts),
    }));
  }

  /** Resolves with `null` when the request is in force, or with the reason why it is not. */
  async apply(verb: HttpsVerb): Promise<string | null> {
    const { address } = verb.value;
    const { routes, certificates } = this.bindings.at(address);
    switch (verb.kind) {
      case "add_https_listener":
        return this.#addListener(verb.value);
      case "update_https_listener":
        return await this.#update(verb.value);
      case "replace_https_listener":
        return await this.#change(address, (it) => it.replace(verb.value));
      case "add_https_frontend":
        return routes.add(verb.value, this.#shared.clusters);
      case "remove_https_frontend":
        routes.remove(verb.value);
        return null;
      case "add_certificate":
        return certificates.add(verb.value) ?? await this.#settle(address);
      case "remove_certificate":
        return certificates.remove(verb.value) ?? await this.#settle(address);
      case "replace_certificate":
        return certificates.replace(verb.value) ?? await this.#settle(address);
    }
  }

  #addListener(config: HttpsListenerConfig): string | null {
    const { address } = config;
    const refusal = this.#listeners.add(
      address,
      () => HttpsListener.create(config, this.#shared, this.bindings.at(address)),
    );
    if (refusal !== null) return refusal;
    this.#report(config);
    this.#publishExpiry();
    return null;
  }

  async #update(patch: UpdateHttpsListenerConfig): Promise<string | null> {
    const refusal = await this.#change(patch.address, (it) => it.update(patch));
    if (refusal === null && patch.hsts !== undefined) {
      this.#shared.worker.counters.add(Counter.HSTS_LISTENER_PATCHED, 1);
    }
    return refusal;
  }

  async #change(
    address: SocketAddress,
    change: (listener: HttpsListener) => Promise<string | null>,
  ): Promise<string | null> {
    const refusal = await this.#listeners.with(address, change);
    const listener = this.#listeners.get(address);
    if (refusal === null && listener !== undefined) this.#report(listener.config);
    return refusal;
  }

  /** The way a listener does TLS follows from its certificates. Without a listener there is nothing to do. */
  async #settle(address: SocketAddress): Promise<string | null> {
    const refusal = await this.#listeners.get(address)?.settle() ?? null;
    if (refusal === null) this.#publishExpiry();
    return refusal;
  }

  /** The level keeps its last value when no certificate remains. */
  #publishExpiry(): void {
    let first = Infinity;
    for (const listener of this.#listeners.values()) {
      first = Math.min(first, listener.firstExpiry() ?? Infinity);
    }
    if (first !== Infinity) this.#shared.worker.counters.set(Counter.TLS_MIN_EXPIRY, first);
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
