// The TLS engine of Deno's Node.js library without the sockets and streams of the library: ciphertext and
// plaintext go in and out in memory, and the owner of the engine moves the bytes. The library's own TLS socket
// adds a socket and two streams, which cost as much again as the engine.
//
// The engine is not part of any public interface. It is searched once, by name and by its methods; where it is
// not found, the sockets of the library are used (node_acceptor.ts).

import type { SecureContext } from "node:tls";
import { nodeStream, nodeTls } from "../node_library.ts";
import { cipherName } from "./cipher_name.ts";
import type { ClientHandshake } from "../client_auth/handshake.ts";

/** The engine of the library for one server side, as far as it is used. */
export interface NativeTls {
  /** Selects that bytes are passed by calls; 0 on success. */
  attachJsStream(): number;
  /** Sets the object with the callbacks `onclienthello`, `onhandshakedone` and `onerror`; it stays referenced. */
  setHandle(handle: object): void;
  /** Callback after plaintext was written into the user's buffer, and at the end. */
  setOnread(onread: () => void): void;
  useUserBuffer(buffer: Uint8Array): void;
  /** The handshake stops after the ClientHello, until {@link finishAccept}. */
  enableClientHelloCb(): void;
  start(): number;
  /** Takes ciphertext; an empty piece processes what is buffered. */
  receive(ciphertext: Uint8Array): void;
  /** Continues the handshake; not 0 when it failed. */
  finishAccept(context: object, alpn: string | null): number;
  /** Takes plaintext; `request` is called when it was written. 0 on success. */
  writeBuffer(request: object, plaintext: Uint8Array): number;
  /** The ciphertext to send; empty for none. */
  drainEncOut(): Uint8Array;
  /** Ends the plaintext (close_notify, RFC 8446 §6.1); `request` is called when it was written. */
  shutdown(request: object): number;
  destroySsl(): void;
  /** Bytes of plaintext received since the start. */
  getBytesRead(): number;
  getServername(): string | null | undefined;
  getClientHelloAlpn(): string[];
  getProtocol(into: { protocol?: string }): number;
  getCipher(into: { standardName?: string }): number;
  getAlpnNegotiatedProtocol(into: { alpnProtocol?: string | false }): number;
  isSessionReused(): boolean;
  /** The certificates of the client; of a resumed session those of its first handshake. */
  getPeerCertificateChain(): { readonly certificates: readonly Uint8Array[] } | null | undefined;
  /** Why they are not trusted, "" when they are; a resumed session is not asked about. */
  verifyError(): string;
}

/** The constructor: the side, 1 for the server; then the transport. */
export type NativeTlsClass = new (side: number, provider: number) => NativeTls;

const SERVER = 1;
const NO_PROVIDER = 0;

/** The methods the class must have. */
const METHODS: readonly (keyof NativeTls)[] = [
  "attachJsStream",
  "setHandle",
  "setOnread",
  "useUserBuffer",
  "enableClientHelloCb",
  "start",
  "receive",
  "finishAccept",
  "writeBuffer",
  "drainEncOut",
  "shutdown",
  "destroySsl",
  "getBytesRead",
  "getServername",
  "getClientHelloAlpn",
  "getProtocol",
  "getCipher",
  "getAlpnNegotiatedProtocol",
  "isSessionReused",
  "getPeerCertificateChain",
  "verifyError",
];

/** Most ciphertext an engine takes at once. */
export const MAX_CIPHERTEXT_BYTES = 64 * 1024;
/** Most plaintext an engine takes at once: it encrypts this much in one call. */
export const MAX_PLAINTEXT_BYTES = 48 * 1024;
/** Room for the record that the last piece of ciphertext completes. */
const MAX_RECORD_BYTES = 32 * 1024;
/** While it waits for the ClientHello, the engine reads this much of its buffer in each call. */
const HELLO_STEP_BYTES = 4 * 1024;

/**
 * The plaintext of the engine that received last. The caller of {@link TlsEngine.receive} reads it before any
 * other engine runs.
 */
const received = new Uint8Array(MAX_CIPHERTEXT_BYTES + MAX_RECORD_BYTES);

/** Ignores the end of writes: their ciphertext is read at once. */
const REQUEST: Readonly<object> = {};
/** The callbacks of a closed engine. */
const NOBODY: Readonly<object> = {};
const NOTHING = new Uint8Array(0);

/**
 * `hello`: the ClientHello is awaited. `choosing`: {@link TlsEngine.accept} is awaited. `shaking`: the handshake
 * is in progress. `open`: plaintext passes in both directions. `ended`: the peer has sent close_notify.
 * `failed`: see {@link TlsEngine.error}. `closed`: after {@link TlsEngine.close}.
 */
export type EnginePhase =
  | "hello"
  | "choosing"
  | "shaking"
  | "open"
  | "ended"
  | "failed"
  | "closed";

/** The result of a handshake. */
export interface EngineFacts {
  readonly version: string | null;
  readonly cipher: string | null;
  readonly alpn: string | null;
  readonly resumed: boolean;
}

/** The server side of one TLS connection. It does no I/O; every call is synchronous. */
export class TlsEngine {
  phase: EnginePhase = "hello";
  /** The handshake has succeeded. */
  established = false;
  /** The ClientHello was complete and could be read. */
  sawHello = false;
  /** Why it failed: the message of the library. */
  error: Error | null = null;
  /** It failed because of the certificate of {@link accept}: it would fail for every client. */
  refusedCertificate = false;
  /** Bytes of plaintext that came with the last call of {@link receive} or {@link accept}. */
  plaintextLength = 0;
  readonly #native: NativeTls;
  #bytesRead = 0;

  constructor(native: NativeTlsClass) {
    this.#native = new native(SERVER, NO_PROVIDER);
    if (this.#native.attachJsStream() !== 0) throw new Error("The TLS engine takes no bytes");
    this.#native.setHandle(this);
    this.#native.setOnread(TlsEngine.#onRead);
    this.#native.useUserBuffer(received);
    this.#native.enableClientHelloCb();
    this.#native.start();
  }

  /**
   * Takes ciphertext, at most {@link MAX_CIPHERTEXT_BYTES}, and processes it. Not to be called in the phases from
   * `ended` on.
   */
  receive(ciphertext: Uint8Array): void {
    this.plaintextLength = 0;
    this.#native.receive(ciphertext);
    let left = ciphertext.length;
    if (left <= HELLO_STEP_BYTES) return;
    for (; left > 0 && this.phase === "hello"; left -= HELLO_STEP_BYTES) {
      this.#native.receive(NOTHING);
    }
  }

  /** A part of the plaintext of the last call; valid until the next call of any engine. */
  plaintext(from = 0, to: number = this.plaintextLength): Uint8Array {
    return received.subarray(from, to);
  }

  /** The server name of the client as received (SNI, RFC 6066 §3); "" for none. */
  get serverName(): string {
    return this.#native.getServername() ?? "";
  }

  /**
   * Continues from `choosing` with a certificate, `null` for none, and the ALPN protocols on offer, the preferred
   * one first. The handshake fails when the client offers none of them (RFC 7301 §3.2).
   */
  accept(context: SecureContext | null, alpn: readonly string[]): void {
    this.phase = "shaking";
    this.plaintextLength = 0;
    const certificate = context === null ? {} : context.context;
    if (this.#native.finishAccept(certificate, this.#protocolOf(alpn)) === 0) return;
    // The callback onerror() sets `phase`.
    if ((this.phase as EnginePhase) === "failed") return;
    this.refusedCertificate = true;
    this.#fail(new Error("The certificate cannot be used for a handshake"));
  }

  /** Encrypts plaintext, at most {@link MAX_PLAINTEXT_BYTES}; {@link drain} returns its ciphertext. */
  encrypt(plaintext: Uint8Array): void {
    if (this.#native.writeBuffer(REQUEST, plaintext) !== 0) {
      throw new Error("The TLS engine takes no more");
    }
  }

  /** Sends close_notify (RFC 8446 §6.1). */
  end(): void {
    this.#native.shutdown(REQUEST);
  }

  /** The ciphertext to send; empty for none. */
  drain(): Uint8Array {
    return this.phase === "closed" ? NOTHING : this.#native.drainEncOut();
  }

  /** The result of the handshake; call it after its end. */
  facts(): EngineFacts {
    const out: { protocol?: string; standardName?: string; alpnProtocol?: string | false } = {};
    this.#native.getProtocol(out);
    this.#native.getCipher(out);
    this.#native.getAlpnNegotiatedProtocol(out);
    const { protocol = null, standardName, alpnProtocol } = out;
    return {
      version: protocol,
      cipher: standardName === undefined ? null : cipherName(standardName, protocol ?? ""),
      alpn: alpnProtocol || null,
      resumed: this.#native.isSessionReused(),
    };
  }

  /**
   * What the client has shown of itself in a handshake whose context asks for that; call it after its end. The
   * engine accepts every certificate whose key the client has, trusted or not.
   */
  client(): ClientHandshake {
    const chain = this.#native.getPeerCertificateChain()?.certificates ?? [];
    return { chain, problem: this.#native.verifyError() };
  }

  /** Releases the memory of the engine. May be called twice. */
  close(): void {
    if (this.phase === "closed") return;
    this.phase = "closed";
    this.#native.destroySsl();
    // Before the handshake has ended, the engine keeps this object referenced otherwise.
    this.#native.setHandle(NOBODY);
  }

  /** Callback of the engine: the ClientHello is complete. */
  onclienthello(): void {
    this.phase = "choosing";
    this.sawHello = true;
  }

  /** Callback of the engine: the handshake has ended. */
  onhandshakedone(): void {
    this.established = true;
    this.phase = "open";
  }

  /** Callback of the engine: it has failed. */
  onerror(error: Error): void {
    this.#fail(error);
  }

  /** Callback of the engine: it has written plaintext into {@link received}, or the peer has ended. */
  static readonly #onRead = function (this: TlsEngine): void {
    const total = this.#native.getBytesRead();
    if (total === this.#bytesRead) {
      this.phase = "ended";
      return;
    }
    this.plaintextLength = total - this.#bytesRead;
    this.#bytesRead = total;
  };

  #fail(error: Error): void {
    this.phase = "failed";
    this.error = error;
  }

  /** The ALPN protocol; `null` when no offered one is ours, which the engine refuses itself. */
  #protocolOf(alpn: readonly string[]): string | null {
    const [preferred = null] = alpn;
    if (alpn.length < 2) return preferred;
    const offered = this.#native.getClientHelloAlpn();
    return alpn.find((protocol) => offered.includes(protocol)) ?? preferred;
  }
}

/** Finds the engine that the TLS sockets of the library use. */
function findNativeTls(): NativeTlsClass | null {
  const below = new (nodeStream().Duplex)({
    read() {},
    write: (_piece, _encoding, done) => done(),
  });
  try {
    const socket = new (nodeTls().TLSSocket)(below, { isServer: true });
    socket.on("error", () => {});
    const handle: unknown = Reflect.get(socket, "_handle");
    socket.destroy();
    if (typeof handle !== "object" || handle === null) return null;
    const { constructor: found } = handle;
    const able: object = found.prototype;
    const fits = METHODS.every((name) => typeof Reflect.get(able, name) === "function");
    if (!fits) return null;
    // Any other difference of the version shows here.
    new TlsEngine(found as NativeTlsClass).close();
    return found as NativeTlsClass;
  } catch {
    return null;
  }
}

/** The result of the search, once it was made. */
const searched: { native?: NativeTlsClass | null } = {};

/** The engine of this version of Deno; `null` where it is not found. */
export function nativeTls(): NativeTlsClass | null {
  if (searched.native === undefined) searched.native = findNativeTls();
  return searched.native;
}
