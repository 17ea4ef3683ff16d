// A data plane in the test process with an HTTPS listener beside the plain one.

import {
  type CertificateAndKey,
  type HttpsListenerConfig,
  ListenerType,
  PathRuleKind,
  type RequestHttpFrontend,
  RulePosition,
  type UpdateHttpsListenerConfig,
} from "../../../config/schema/messages.ts";
import { freePort } from "../ports.ts";
import { httpListener, type ProxyOptions, startProxy, type TestProxy } from "../session/proxy.ts";

/** What a test may choose; everything else has its default. */
export interface HttpsOptions extends ProxyOptions {
  readonly https?: Partial<HttpsListenerConfig>;
  readonly certificates?: readonly CertificateAndKey[];
  /** Hosts that lead to the cluster `app`. */
  readonly hosts?: readonly string[];
}

/** A running data plane with an HTTPS listener. */
export interface HttpsProxy extends TestProxy {
  readonly httpsPort: number;
  addCertificate(certificate: CertificateAndKey, expiresAt?: bigint): Promise<void>;
  addHttpsFrontend(host: string, settings?: Partial<RequestHttpFrontend>): Promise<void>;
  updateHttps(patch: Partial<UpdateHttpsListenerConfig>): Promise<void>;
}

/** An HTTPS listener at a loopback port with everything at its default but what is given. */
export function httpsListener(
  port: number,
  settings: Partial<HttpsListenerConfig> = {},
): HttpsListenerConfig {
  return {
    ...httpListener(port),
    versions: [],
    cipher_list: [],
    cipher_suites: [],
    signature_algorithms: [],
    groups_list: [],
    client_ca_certificates: [],
    client_ca_crls: [],
    certificate_chain: [],
    send_tls13_tickets: 2n,
    alpn_protocols: ["http/1.1"],
    ...settings,
  };
}

/** Starts a data plane with both listeners; `app.test` and `hosts` lead to the cluster `app`. */
export async function startHttpsProxy(options: HttpsOptions = {}): Promise<HttpsProxy> {
  const plain = await startProxy(options);
  const httpsPort = freePort();
  const config = httpsListener(httpsPort, options.https);
  const { address } = config;
  const proxy: HttpsProxy = {
    ...plain,
    httpsPort,
    addCertificate: (certificate, expiresAt) =>
      plain.apply({
        kind: "add_certificate",
        value: {
          address,
          certificate,
          ...(expiresAt === undefined ? {} : { expired_at: expiresAt }),
        },
      }),
    addHttpsFrontend: (host, settings = {}) =>
      plain.apply({
        kind: "add_https_frontend",
        value: {
          cluster_id: "app",
          address,
          hostname: host,
          path: { kind: PathRuleKind.PREFIX, value: "/" },
          position: RulePosition.TREE,
          tags: new Map(),
          headers: [],
          header_predicates: [],
          ...settings,
        },
      }),
    updateHttps: (patch) =>
      plain.apply({
        kind: "update_https_listener",
        value: { address, answers: new Map(), ...patch },
      }),
  };
  await plain.apply({ kind: "add_https_listener", value: config });
  for (const certificate of options.certificates ?? []) await proxy.addCertificate(certificate);
  await plain.apply({
    kind: "activate_listener",
    value: { address, proxy: ListenerType.HTTPS, from_scm: false },
  });
  for (const host of options.hosts ?? ["app.test"]) await proxy.addHttpsFrontend(host);
  return proxy;
}
