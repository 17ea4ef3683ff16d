// One HTTPS listener of a worker: its certificates, its settings and, while active, its socket. What TLS
// implementation serves it follows from both; when a change asks for the other one, the listener opens a
// second socket that way and closes the first.

import { DEFAULT_DISABLE_HTTP11 } from "../../../config/defaults.ts";
import { patchListener } from "../../../config/state/listener_patch.ts";
import { type TlsAcceptorKind, tlsAcceptorOf } from "../../../config/state/tls_acceptor.ts";
import {
  HttpsListenerConfig,
  ListenerType,
  type SocketAddress,
  UpdateHttpsListenerConfig,
} from "../../../config/schema/messages.ts";
import { CLIENT_AUTH_FAILED } from "../../../config/rules/client_auth.ts";
import type { ClientAuthPolicy } from "../../io/client_auth/policy.ts";
import type { ConnectionSource, Endpoint, TlsAcceptor } from "../../io/contracts.ts";
import type { SniTlsAcceptor, SniTlsSettings } from "../../io/tls/sni_settings.ts";
import { TlsCredentials, type VersionRange } from "../../io/tls/credentials.ts";
import { parseCertificate } from "../../io/x509/certificate.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { AlpnStage } from "../../session/stages/alpn.ts";
import type { WorkerContext } from "../../session/worker_context.ts";
import { ProxyHeaderStage } from "../../session/stages/proxy_header.ts";
import type { SessionStarter } from "../../session/session.ts";
import { type Stage, StagedSession } from "../../session/stages/staged_session.ts";
import { TlsStage } from "../../session/stages/tls.ts";
import { HttpFront } from "./http_front.ts";
import type { HttpsCertificates } from "../certificates/https.ts";
import type { HttpRoutes } from "./http_routes.ts";
import type { PlaneParts } from "../parts.ts";
import type { ProxyListener, SharedParts } from "./listener.ts";
import { type AcceptHandler, ListeningSocket } from "./socket.ts";
import { clientAuthOf } from "./client_auth.ts";
import { announcedProtocols, versionRange } from "./tls_settings.ts";

/** How the listener does TLS: connections are continued the way they were accepted. */
interface Tls {
  readonly kind: TlsAcceptorKind;
  readonly acceptor: TlsAcceptor;
  /** The acceptor if its settings can change under it, else `null`. */
  readonly changeable: SniTlsAcceptor | null;
  /** Whatever differs in it cannot be changed on an open socket. */
  readonly way: string;
  /** What the socket itself serves; `null` where handshakes choose. */
  readonly own: TlsCredentials | null;
  readonly starter: SessionStarter;
}

/** What handshakes are done with, besides certificates. */
interface Handshakes {
  readonly versions: VersionRange;
  readonly clientAuth: ClientAuthPolicy | null;
}

/** What is bound to an address of HTTPS listeners. */
export interface HttpsBinding {
  readonly routes: HttpRoutes;
  readonly certificates: HttpsCertificates;
}

/** A listener that has been added; {@link activate} opens its socket. */
export class HttpsListener implements ProxyListener {
  readonly kind = ListenerType.HTTPS;
  readonly front: HttpFront;
  readonly #worker: WorkerContext;
  readonly #parts: PlaneParts;
  readonly socket: ListeningSocket;
  readonly #certificates: HttpsCertificates;
  readonly #alpnStage: AlpnStage;
  #ownFingerprint: string | null;
  #versions: VersionRange;
  #clientAuth: ClientAuthPolicy | null;
  #config: HttpsListenerConfig;
  #tls: Tls;

  private constructor(
    config: HttpsListenerConfig,
    front: HttpFront,
    { worker, parts }: SharedParts,
    { versions, clientAuth }: Handshakes,
    certificates: HttpsCertificates,
  ) {
    this.#config = config;
    this.front = front;
    this.#worker = worker;
    this.#parts = parts;
    this.socket = new ListeningSocket(config.address, "HTTPS", parts);
    this.#versions = versions;
    this.#clientAuth = clientAuth;
    this.#certificates = certificates;
    this.#ownFingerprint = fingerprintOf(config);
    this.#alpnStage = new AlpnStage(worker, config.disable_http11 ?? DEFAULT_DISABLE_HTTP11);
    this.#tls = this.#createTls("node");
  }

  /** A listener as configured for what is bound to its address, or why there cannot be one. */
  static create(
    config: HttpsListenerConfig,
    shared: SharedParts,
    { routes, certificates }: HttpsBinding,
  ): HttpsListener | string {
    const handshakes = handshakesOf(config, shared.parts);
    if (typeof handshakes === "string") return handshakes;
    const problem = identityProblem(config);
    if (problem !== null) return problem;
    const front = HttpFront.create("https", config, shared, routes);
    if (typeof front === "string") return front;
    return new HttpsListener(config, front, shared, handshakes, certificates);
  }

  get address(): SocketAddress {
    return this.#config.address;
  }

  get config(): HttpsListenerConfig {
    return this.#config;
  }

  get active(): boolean {
    return this.socket.isOpen;
  }

  async activate(handler: AcceptHandler): Promise<string | null> {
    // Certificates may have been bound before the listener was there.
    const refusal = await this.settle();
    if (refusal !== null) return refusal;
    const { acceptor, starter } = this.#tls;
    return await this.socket.open((at) => this.#listen(acceptor, at), starter, handler);
  }

  deactivate(): Promise<string | null> {
    return this.socket.close();
  }

  /** Changes settings; new connections see them. The reason when it is refused. */
  update(patch: UpdateHttpsListenerConfig): Promise<string | null> {
    return this.replace(
      patchListener(HttpsListenerConfig, UpdateHttpsListenerConfig, this.#config, patch),
    );
  }

  /** Takes other settings; new connections see them. The reason when they are refused. */
  async replace(config: HttpsListenerConfig): Promise<string | null> {
    const handshakes = handshakesOf(config, this.#parts);
    if (typeof handshakes === "string") return handshakes;
    const before = this.#config;
    const handshakesBefore = { versions: this.#versions, clientAuth: this.#clientAuth };
    const refusal = identityProblem(config) ?? this.front.replace(config);
    if (refusal !== null) return refusal;
    this.#take(config, handshakes);
    const unsettled = await this.settle();
    if (unsettled === null) return null;
    this.front.replace(before);
    this.#take(before, handshakesBefore);
    return unsettled;
  }

  /** The first expiry of the certificates in seconds since 1970; `null` when there are none. */
  firstExpiry(): number | null {
    return this.#certificates.firstExpiry();
  }

  /** Makes the way TLS is done fit the settings and certificates; the reason when it cannot. */
  async settle(): Promise<string | null> {
    const fingerprints = this.#certificates.fingerprints();
    const kind = tlsAcceptorOf(this.#config, this.#ownFingerprint, fingerprints);
    const { changeable, way, own } = this.#tls;
    if (this.#wayOf(kind) === way && this.#ownFor(kind) === own) {
      if (changeable !== null) changeable.settings = this.#sniSettings();
      return null;
    }
    const tls = this.#createTls(kind);
    const refusal = await this.socket.reopen((at) => this.#listen(tls.acceptor, at), tls.starter);
    if (refusal === null) this.#tls = tls;
    return refusal;
  }

  #listen(acceptor: TlsAcceptor, endpoint: Endpoint): Promise<ConnectionSource> {
    return acceptor.listen(endpoint, this.#parts.sockets.sharing);
  }

  #take(config: HttpsListenerConfig, { versions, clientAuth }: Handshakes): void {
    this.#config = config;
    this.#versions = versions;
    this.#clientAuth = clientAuth;
    this.#ownFingerprint = fingerprintOf(config);
    this.#alpnStage.refusesHttp11 = config.disable_http11 ?? DEFAULT_DISABLE_HTTP11;
  }

  #createTls(kind: TlsAcceptorKind): Tls {
    const own = this.#ownFor(kind);
    const settings = this.#sniSettings();
    const { tls } = this.#parts;
    const serves = own !== null
      ? { acceptor: tls.acceptorOf(own, settings.alpn), changeable: null }
      : changeable(tls.acceptorByName(settings));
    const { acceptor } = serves;
    const stages = [new TlsStage(acceptor, this.#worker), this.#alpnStage];
    return { kind, ...serves, own, way: this.#wayOf(kind), starter: this.#starter(stages) };
  }

  #ownFor(kind: TlsAcceptorKind): TlsCredentials | null {
    return kind === "runtime" ? this.#certificates.credentials(this.#ownFingerprint ?? "") : null;
  }

  #wayOf(kind: TlsAcceptorKind): string {
    const { alpn } = this.#sniSettings();
    return kind === "runtime" ? `${kind} ${alpn.join()}` : kind;
  }

  #sniSettings(): SniTlsSettings {
    return {
      alpn: announcedProtocols(this.#config.alpn_protocols),
      clientAuth: this.#clientAuth,
      choose: (serverName) => this.#certificates.choose(serverName, this.#versions),
    };
  }

  /** Sessions that pass `stages`, after a PROXY header where there is to be one, and speak HTTP. */
  #starter(stages: readonly Stage[]): SessionStarter {
    const { starter } = this.front;
    const worker = this.#worker;
    const header = new ProxyHeaderStage(worker, {
      maxBytes: worker.inputBuffers.head.size,
      failures: Counter.HTTPS_EXPECT_FAILED,
      keepsHeader: false,
    });
    const withHeader = [header, ...stages];
    return {
      start: (accepted, onEnd) => {
        const { request } = starter.context.timeouts;
        const all = this.#config.expect_proxy ? withHeader : stages;
        return new StagedSession(accepted, all, starter, worker, request, onEnd);
      },
    };
  }
}

/** What a listener asks of handshakes; a string tells why it cannot be. */
function handshakesOf(
  config: HttpsListenerConfig,
  { tls, wallClock }: PlaneParts,
): Handshakes | string {
  const versions = versionRange(config.versions);
  if (typeof versions === "string") return versions;
  const clientAuth = clientAuthOf(config, wallClock);
  if (typeof clientAuth === "string") return clientAuth;
  if (clientAuth === null || tls.verifiesClients()) return { versions, clientAuth };
  return `${CLIENT_AUTH_FAILED}the TLS library of this runtime does not tell who the client is`;
}

function changeable(acceptor: SniTlsAcceptor): Pick<Tls, "acceptor" | "changeable"> {
  return { acceptor, changeable: acceptor };
}

/** Why the listener's own certificate cannot be served; `null` when it can, or there is none. */
function identityProblem(
  { certificate, certificate_chain, key }: HttpsListenerConfig,
): string | null {
  if (certificate === undefined || key === undefined) return null;
  const credentials = TlsCredentials.create({ certificate, certificate_chain, key });
  return typeof credentials === "string" ? credentials : null;
}

/** The fingerprint of the listener's own certificate; `null` when it has none that is usable. */
function fingerprintOf({ certificate, key }: HttpsListenerConfig): string | null {
  if (certificate === undefined || key === undefined) return null;
  const facts = parseCertificate(certificate);
  return "problem" in facts ? null : facts.fingerprint;
}
