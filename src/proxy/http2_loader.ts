// Loads HTTP/2 into a worker when the configuration first asks for it. The request that does is put into force
// after that, so no client and no backend meets a worker that cannot speak it yet.

import { DEFAULT_H2C_PRIOR_KNOWLEDGE } from "../../config/h2_defaults.ts";
import type { Verb } from "../../config/state/verbs.ts";
import type { Backend } from "../balancing/backend.ts";
import type { Http2, Http2Slot } from "../session/http/http2.ts";
import type { WorkerContext } from "../session/worker_context.ts";
import type { BackendConnections } from "./clusters.ts";
import { announcedProtocols } from "./listeners/tls_settings.ts";

/** Holds HTTP/2 once it is loaded. */
export class Http2Loader implements Http2Slot, BackendConnections {
  readonly #worker: WorkerContext;
  #loaded: Http2 | null = null;

  constructor(worker: WorkerContext) {
    this.#worker = worker;
  }

  get loaded(): Http2 | null {
    return this.#loaded;
  }

  /** Whether HTTP/2 must be loaded before `verb` comes into force. */
  isMissingFor(verb: Verb): boolean {
    return this.#loaded === null && wantsHttp2(verb);
  }

  /**
   * Loads it. The runtime has read the text of the modules with that of all others, so that it fits the running
   * program also when the files have been replaced since.
   */
  async load(): Promise<void> {
    const { createHttp2 } = await import("../session/http/h2/http2.ts");
    if (this.#loaded !== null) return;
    this.#loaded = createHttp2(this.#worker);
    if (this.#worker.draining) this.#loaded.upstreams.close();
  }

  retire(backend: Backend): void {
    this.#loaded?.upstreams.retire(backend);
  }
}

/**
 * Whether `verb` makes a listener or a cluster speak HTTP/2. A listener that is not active counts: it may become
 * so without another word about its protocols.
 */
export function wantsHttp2(verb: Verb): boolean {
  switch (verb.kind) {
    case "add_cluster":
      return verb.value.http2 === true;
    case "add_http_listener":
    case "replace_http_listener":
      return verb.value.h2c_prior_knowledge ?? DEFAULT_H2C_PRIOR_KNOWLEDGE;
    case "update_http_listener":
      return verb.value.h2c_prior_knowledge === true;
    case "add_https_listener":
    case "replace_https_listener":
      return announcedProtocols(verb.value.alpn_protocols).includes("h2");
    case "update_https_listener": {
      const { alpn_protocols } = verb.value;
      return alpn_protocols !== undefined &&
        announcedProtocols(alpn_protocols.values).includes("h2");
    }
    default:
      return false;
  }
}
