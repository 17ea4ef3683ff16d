// One HTTPS listener of a worker: its certificates, its settings and, while active, its socket. What TLS
// implementation serves it follows from both; when a change asks for the other one, the listener opens a
// second socket that way and closes the first.

import { type TlsAcceptorKind, tlsAcceptorOf } from "../config/tls_acceptor.ts";
import {
  type AddCertificate,
  type HttpsListenerConfig,
  ListenerType,
  type RemoveCertificate,
  type ReplaceCertificate,
  type SocketAddress,
  type UpdateHttpsListenerConfig,
} from "../config/messages.ts";
import type { TlsAcceptor } from "../src/io/contracts.ts";
import { RuntimeTlsAcceptor } from "../src/io/runtime_tls_acceptor.ts";
import { sniTlsAcceptor } from "../src/io/sni_tls_acceptor.ts";
import type { SniTlsAcceptor, SniTlsSettings } from "../src/io/sni_tls_settings.ts";
import type { VersionRange } from "../src/io/tls_credentials.ts";
import { parseCertificate } from "../src/io/x509.ts";
import { Counter } from "../src/observe/counters.ts";
import { AlpnStage } from "../src/session/alpn_stage.ts";
import type { WorkerContext } from "../src/session/context.ts";
import { ProxyHeaderStage } from "../src/session/proxy_header_stage.ts";
import type { SessionStarter } from "../src/session/session.ts";
import { type Stage, StagedSession } from "../src/session/staged_session.ts";
import { TlsStage } from "../src/session/tls_stage.ts";
import { HttpFront } from "./http_front.ts";
import { HttpsCertificates } from "./https_certificates.ts";
import { ListeningSocket } from "./listening_socket.ts";
import type { AcceptHandler, ProxyListener } from "./proxy_listener.ts";
import { announcedProtocols, versionRange } from "./tls_settings.ts";

/** How the listener does TLS: connections are continued the way they were accepted. */
interface Tls {
  readonly kind: TlsAcceptorKind;
  readonly acceptor: TlsAcceptor;
  /** The acceptor if its settings can change under it, else `null`. */
  readonly changeable: SniTlsAcceptor | null;
  /** Whatever differs in it cannot be changed on an open socket. */
  readonly way: string;
  readonly starter: SessionStarter;
}

/** A listener that has been added; {@link activate} opens its socket. */
export class HttpsListener implements ProxyListener {
  readonly kind = ListenerType.HTTPS;
  readonly front: HttpFront;
  readonly #worker: WorkerContext;
  readonly socket: ListeningSocket;
  readonly #certificates: HttpsCertificates;
  readonly #alpnStage: AlpnStage;
  readonly #ownFingerprint: string | null;
  #config: HttpsListenerConfig;
  #tls: Tls;

  private constructor(
    config: HttpsListenerConfig,
    front: HttpFront,
    worker: WorkerContext,
    versions: VersionRange,
  ) {
    this.#config = config;
    this.front = front;
    this.#worker = worker;
    this.socket = new ListeningSocket(config.address, "HTTPS");
    this.#certificates = new HttpsCertificates(versions, worker.counters);
    this.#ownFingerprint = fingerprintOf(config);
    this.#alpnStage = new AlpnStage(worker, config.disable_http11 ?? false);
    this.#tls = this.#createTls("node");
  }

  /** A listener as configured, or why there cannot be one. */
  static create(config: HttpsListenerConfig, worker: WorkerContext): HttpsListener | string {
    const versions = versionRange(config.versions);
    if (typeof versions === "string") return versions;
    const front = HttpFront.create("https", config, worker);
    return typeof front === "string" ? front : new HttpsListener(config, front, worker, versions);
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

  activate(handler: AcceptHandler): Promise<string | null> {
    const { acceptor, starter } = this.#tls;
    return this.socket.open((endpoint) => acceptor.listen(endpoint), starter, handler);
  }

  deactivate(): Promise<string | null> {
    return this.socket.close();
  }

  /** Changes settings in place; new connections see them. The reason when it is refused. */
  async update(patch: UpdateHttpsListenerConfig): Promise<string | null> {
    const { address: _address, answers: _answers, http_answers: _legacy, ...rest } = patch;
    const { alpn_protocols, ...settings } = rest;
    const alpn = alpn_protocols === undefined ? {} : { alpn_protocols: alpn_protocols.values };
    const before = this.#config;
    const config = { ...before, ...settings, ...alpn };
    const refusal = this.front.update(config, patch);
    if (refusal !== null) return refusal;
    this.#config = config;
    this.#alpnStage.refusesHttp11 = config.disable_http11 ?? false;
    return await this.#settle();
  }

  /** Adds a certificate; the reason when it cannot be served. */
  async addCertificate(request: AddCertificate): Promise<string | null> {
    return this.#certificates.add(request) ?? await this.#settle();
  }

  /** Takes a certificate out; connections that were shown it stay. */
  async removeCertificate(request: RemoveCertificate): Promise<string | null> {
    return this.#certificates.remove(request) ?? await this.#settle();
  }

  /** Puts one certificate in the place of another without a gap; the reason when it cannot be served. */
  async replaceCertificate(request: ReplaceCertificate): Promise<string | null> {
    return this.#certificates.replace(request) ?? await this.#settle();
  }

  /** Which implementation of TLS serves now. */
  get acceptorKind(): TlsAcceptorKind {
    return this.#tls.kind;
  }

  /** The first expiry of the certificates in seconds since 1970; `null` when there are none. */
  firstExpiry(): number | null {
    return this.#certificates.firstExpiry();
  }

  /** Makes the way TLS is done fit the settings and certificates; the reason when it cannot. */
  async #settle(): Promise<string | null> {
    const fingerprints = this.#certificates.fingerprints();
    const kind = tlsAcceptorOf(this.#config, this.#ownFingerprint, fingerprints);
    const { changeable, way } = this.#tls;
    if (this.#wayOf(kind) === way) {
      if (changeable !== null) changeable.settings = this.#sniSettings();
      return null;
    }
    const tls = this.#createTls(kind);
    const refusal = await this.socket.reopen(
      (endpoint) => tls.acceptor.listen(endpoint),
      tls.starter,
    );
    if (refusal === null) this.#tls = tls;
    return refusal;
  }

  #createTls(kind: TlsAcceptorKind): Tls {
    const own = this.#certificates.credentials(this.#ownFingerprint ?? "");
    const settings = this.#sniSettings();
    const serves = kind === "runtime" && own !== null
      ? { acceptor: new RuntimeTlsAcceptor(own, settings.alpn), changeable: null }
      : changeableAcceptor(settings);
    const { acceptor } = serves;
    const stages = [new TlsStage(acceptor, this.#worker), this.#alpnStage];
    return { kind, ...serves, way: this.#wayOf(kind), starter: this.#starter(stages) };
  }

  #wayOf(kind: TlsAcceptorKind): string {
    const { alpn } = this.#sniSettings();
    return kind === "runtime" ? `${kind} ${this.#ownFingerprint} ${alpn.join()}` : kind;
  }

  #sniSettings(): SniTlsSettings {
    return {
      alpn: announcedProtocols(this.#config.alpn_protocols),
      choose: (serverName) => this.#certificates.choose(serverName),
    };
  }

  /** Sessions that pass `stages`, after a PROXY header where there is to be one, and speak HTTP. */
  #starter(stages: readonly Stage[]): SessionStarter {
    const { starter } = this.front;
    const worker = this.#worker;
    const header = new ProxyHeaderStage(worker.counters, {
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

function changeableAcceptor(settings: SniTlsSettings): Pick<Tls, "acceptor" | "changeable"> {
  const acceptor = sniTlsAcceptor(settings);
  return { acceptor, changeable: acceptor };
}

/** The fingerprint of the listener's own certificate; `null` when it has none that is usable. */
function fingerprintOf({ certificate, key }: HttpsListenerConfig): string | null {
  if (certificate === undefined || key === undefined) return null;
  const facts = parseCertificate(certificate);
  return "problem" in facts ? null : facts.fingerprint;
}
