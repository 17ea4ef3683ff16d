// Runs a case with every pair of HTTP versions: clients of both, backends of both. Where both ends of the
// written-out ways meet, the relay in place of them as well.

import type {
  Cluster,
  HttpListenerConfig,
  HttpsListenerConfig,
  ServerConfig,
} from "../../../config/schema/messages.ts";
import { runtimeParts } from "../../../src/proxy/runtime_parts.ts";
import { CERTIFICATE } from "../h2/front.ts";
import { type HttpsProxy, startHttpsProxy } from "../tls/https_proxy.ts";
import { startH1Backend } from "./h1_backend.ts";
import { H1PairClient } from "./h1_client.ts";
import { startH2Backend } from "./h2_backend.ts";
import { H2PairClient } from "./h2_client.ts";
import type { PairBackend, PairClient, Serve } from "./messages.ts";

/** Which versions are spoken. */
export interface Versions {
  readonly client: "h1" | "h2";
  readonly backend: "h1" | "h2";
  readonly fastPath: boolean;
}

/** What a case may choose. */
export interface PairOptions {
  readonly listener?: Partial<HttpListenerConfig>;
  readonly https?: Partial<HttpsListenerConfig>;
  readonly server?: Partial<ServerConfig>;
  readonly cluster?: Partial<Cluster>;
  /** Further backends. */
  readonly backends?: readonly string[];
  /** The own backend is not one of the cluster. */
  readonly alone?: boolean;
}

/** A proxy between a backend and a client of certain versions. */
export interface Pair {
  readonly versions: Versions;
  readonly proxy: HttpsProxy;
  readonly backend: PairBackend;
  readonly client: PairClient;
  /** Another client, over TLS or not. */
  open(way?: "clear" | "TLS"): PairClient;
  /** Another backend, which is in no cluster. */
  another(serve: Serve): PairBackend;
  /** Changes the cluster, which goes on speaking its version. */
  setCluster(settings: Partial<Cluster>): Promise<void>;
}

const ALL: readonly Versions[] = [
  { client: "h1", backend: "h1", fastPath: true },
  { client: "h1", backend: "h2", fastPath: true },
  { client: "h2", backend: "h1", fastPath: true },
  { client: "h2", backend: "h2", fastPath: true },
  { client: "h1", backend: "h1", fastPath: false },
  { client: "h2", backend: "h1", fastPath: false },
];

/** A test of every pair whose backend does `serve`. */
export function everyPair(
  name: string,
  serve: Serve,
  test: (pair: Pair) => Promise<void>,
  options: PairOptions = {},
): void {
  for (const versions of ALL) {
    const { client, backend, fastPath } = versions;
    const way = `${client} to ${backend}${fastPath ? "" : ", relayed"}`;
    Deno.test(`${name} (${way})`, () => runPair(versions, serve, test, options));
  }
}

async function runPair(
  versions: Versions,
  serve: Serve,
  test: (pair: Pair) => Promise<void>,
  options: PairOptions,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const startBackend = (work: Serve) =>
    stack.use(versions.backend === "h1" ? startH1Backend(work) : startH2Backend(work));
  const backend = startBackend(serve);
  const proxy = stack.use(
    await startHttpsProxy({
      backends: options.backends ?? [],
      certificates: [CERTIFICATE],
      listener: { h2c_prior_knowledge: true, ...options.listener },
      https: { alpn_protocols: ["h2", "http/1.1"], ...options.https },
      ...(options.server === undefined ? {} : { server: options.server }),
      parts: { ...runtimeParts(), fastPath: versions.fastPath },
    }),
  );
  const setCluster = (settings: Partial<Cluster>) =>
    proxy.addCluster("app", { http2: versions.backend === "h2", ...settings });
  await setCluster(options.cluster ?? {});
  if (options.alone !== true) await proxy.addBackend("app", backend.address);
  const open = (way: "clear" | "TLS" = "clear") => {
    const secure = way === "TLS";
    const port = secure ? proxy.httpsPort : proxy.port;
    return stack.use(
      versions.client === "h1" ? new H1PairClient(port, secure) : new H2PairClient(port, secure),
    );
  };
  await test({ versions, proxy, backend, client: open(), open, another: startBackend, setCluster });
}
