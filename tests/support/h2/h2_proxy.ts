// A data plane in the test process that speaks HTTP/2 to clients over TLS, or the proxy that H2_FRONT names.

import type { HttpsListenerConfig, ServerConfig } from "../../../config/schema/messages.ts";
import { type HttpsProxy, startHttpsProxy } from "../tls/https_proxy.ts";
import { CERTIFICATE, FRONT_NAME, startFront } from "./front.ts";
import { H2Client, type H2ClientOptions } from "./h2_client.ts";

/** What a test may choose. */
export interface H2ProxyOptions {
  readonly https?: Partial<HttpsListenerConfig>;
  readonly server?: Partial<ServerConfig>;
}

/** A running proxy. */
export interface H2Proxy {
  readonly port: number;
  /** Ours; asking another proxy for it is a mistake of the test. */
  readonly ours: HttpsProxy;
  /** Opens a connection. */
  open(options?: H2ClientOptions): Promise<H2Client>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Whether the proxy under test is ours. */
export const IS_OURS: boolean = FRONT_NAME === "sozu";

/** Starts a proxy in front of `backends`, which serve all of `app.test`. */
export async function startH2Proxy(
  backends: readonly string[],
  options: H2ProxyOptions = {},
): Promise<H2Proxy> {
  return await (IS_OURS ? startOurs(backends, options) : startOther(backends));
}

async function startOurs(
  backends: readonly string[],
  options: H2ProxyOptions,
): Promise<H2Proxy> {
  const proxy = await startHttpsProxy({
    backends,
    certificates: [CERTIFICATE],
    https: { alpn_protocols: ["h2", "http/1.1"], ...options.https },
    ...(options.server === undefined ? {} : { server: options.server }),
  });
  return {
    port: proxy.httpsPort,
    ours: proxy,
    open: (settings) => H2Client.open(proxy.httpsPort, "TLS", settings),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

async function startOther(backends: readonly string[]): Promise<H2Proxy> {
  const front = await startFront({ backend: backends[0] ?? "127.0.0.1:1" });
  return {
    port: front.securePort,
    get ours(): HttpsProxy {
      throw new Error(`${FRONT_NAME} has no such thing`);
    },
    open: (settings) => H2Client.open(front.securePort, "TLS", settings),
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}
