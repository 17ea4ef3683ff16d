// The TLS engine of the runtime's Node.js library without the library's sockets and streams: ciphertext and
// plaintext go in and come out of memory, and whoever holds an engine moves the bytes. The library's own way
// puts a socket and two streams around the same engine, which cost as much again as the engine's work.
//
// The engine is not part of any public interface. It is looked for once, by name and by what it can do;
// where it is not found, the library's sockets serve (node_tls_acceptor.ts).

import type { SecureContext } from "node:tls";
import { nodeStream, nodeTls } from "../node_library.ts";
import { cipherName } from "./cipher_name.ts";

/** One server side of TLS, as the runtime makes them: what is used of it. */
export interface NativeTls {
  /** Says that bytes are handed over by calls. 0 when that is possible. */
  attachJsStream(): number;
  /** Says which object is called: `onclienthello`, `onhandshakedone`, `onerror`. It is kept alive. */
  setHandle(handle: object): void;
  /** Called on that object after plaintext was put into the user's buffer, and at the end. */
  setOnread(onread: () => void): void;
  useUserBuffer(buffer: Uint8Array): void;
  /** The handshake stops after the ClientHello, until {@link finishAccept}. */
  enableClientHelloCb(): void;
  start(): number;
  /** Takes ciphertext; an empty piece goes on with what it has. */
  receive(ciphertext: Uint8Array): void;
  /** Goes on with the handshake; not 0 when it failed. */
  finishAccept(context: object, alpn: string | null): number;
  /** Takes plaintext; what was written is told to `request`. 0 when it was taken. */
  writeBuffer(request: object, plaintext: Uint8Array): number;
  /** The ciphertext to send that there is; empty for none. */
  drainEncOut(): Uint8Array;
  /** Says that no plaintext follows (close_notify); `request` is told. */
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
}

/** Makes engines: the first argument is the side, 1 for the server's; the second says what is below. */
export type NativeTlsClass = new (side: number, provider: number) => NativeTls;

const SERVER = 1;
const NO_PROVIDER = 0;

/** What the class must be able to do. */
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
];

/** Most ciphertext an engine takes at once. */
export const MAX_CIPHERTEXT_BYTES = 64 * 1024;
/** Most plaintext an engine takes at once: as much as it encrypts without being asked again. */
export const MAX_PLAINTEXT_BYTES = 48 * 1024;
/** Records end in the middle of what is received: so much may come on top of it. */
const MAX_RECORD_BYTES = 32 * 1024;
/** While it waits for the ClientHello, the engine looks at this much of what it has for each call. */
const HELLO_STEP_BYTES = 4 * 1024;

/**
 * Plaintext of whichever engine received last. Whoever hands ciphertext to an engine takes the plaintext
 * before anything else runs.
 */
const received = new Uint8Array(MAX_CIPHERTEXT_BYTES + MAX_RECORD_BYTES);

/** Told of writes, and not interested: their ciphertext is taken at once. */
const REQUEST: Readonly<object> = {};
/** Called instead of an engine that is closed. */
const NOBODY: Readonly<object> = {};
const NOTHING = new Uint8Array(0);

/**
 * `hello`: waits for the ClientHello. `choosing`: waits for {@link TlsEngine.accept}. `shaking`: in the
 * handshake. `open`: plaintext goes both ways. `ended`: the peer sends no more. `failed`: see
 * {@link TlsEngine.error}. `closed`: nothing goes any more.
 */
export type EnginePhase =
  | "hello"
  | "choosing"
  | "shaking"
  | "open"
  | "ended"
  | "failed"
  | "closed";

/** What a handshake settled. */
export interface EngineFacts {
  readonly version: string | null;
  readonly cipher: string | null;
  readonly alpn: string | null;
  readonly resumed: boolean;
}

/** The server's side of one TLS connection. Does no I/O; every call returns when its work is done. */
export class TlsEngine {
  phase: EnginePhase = "hello";
  /** The handshake is over, and was not in vain. */
  established = false;
  /** The ClientHello was complete and could be read. */
  sawHello = false;
  /** Why it failed, in the library's words. */
  error: Error | null = null;
  /** It failed because of the certificate of {@link accept}, whoever the client is. */
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
   * Takes ciphertext, {@link MAX_CIPHERTEXT_BYTES} at most, and goes on as far as that leads. Not to be
   * called in the phases from `ended` on.
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

  /** A part of the plaintext of the last call; good until the next call of any engine. */
  plaintext(from = 0, to: number = this.plaintextLength): Uint8Array {
    return received.subarray(from, to);
  }

  /** The name the client asks for, as it wrote it; "" for none. */
  get serverName(): string {
    return this.#native.getServername() ?? "";
  }

  /**
   * Goes on from `choosing` with a certificate, `null` when there is none, and the protocols on offer, the
   * preferred one first. A client that offers others fails.
   */
  accept(context: SecureContext | null, alpn: readonly string[]): void {
    this.phase = "shaking";
    this.plaintextLength = 0;
    const certificate = context === null ? {} : context.context;
    if (this.#native.finishAccept(certificate, this.#protocolOf(alpn)) === 0) return;
    // `phase` is set by the engine's call of onerror(), if it makes one.
    if ((this.phase as EnginePhase) === "failed") return;
    this.refusedCertificate = true;
    this.#fail(new Error("The certificate cannot be used for a handshake"));
  }

  /** Takes plaintext, {@link MAX_PLAINTEXT_BYTES} at most; its ciphertext is there to {@link drain}. */
  encrypt(plaintext: Uint8Array): void {
    if (this.#native.writeBuffer(REQUEST, plaintext) !== 0) {
      throw new Error("The TLS engine takes no more");
    }
  }

  /** Says to the peer that no more is sent (close_notify). */
  end(): void {
    this.#native.shutdown(REQUEST);
  }

  /** Takes the ciphertext that is to be sent; empty for none. */
  drain(): Uint8Array {
    return this.phase === "closed" ? NOTHING : this.#native.drainEncOut();
  }

  /** What the handshake settled; call it when that is over. */
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

  /** Lets go of everything the engine holds. May be called twice. */
  close(): void {
    if (this.phase === "closed") return;
    this.phase = "closed";
    this.#native.destroySsl();
    // An engine that has not come as far as a connection keeps us alive otherwise.
    this.#native.setHandle(NOBODY);
  }

  /** Called by the engine when it has the ClientHello. */
  onclienthello(): void {
    this.phase = "choosing";
    this.sawHello = true;
  }

  /** Called by the engine at the end of the handshake. */
  onhandshakedone(): void {
    this.established = true;
    this.phase = "open";
  }

  /** Called by the engine when it cannot go on. */
  onerror(error: Error): void {
    this.#fail(error);
  }

  /** Called by the engine, on itself, when it has put plaintext into {@link received}, and at the end. */
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

  /** The protocol to settle on; of others than ours the engine itself says that there is none. */
  #protocolOf(alpn: readonly string[]): string | null {
    const [preferred = null] = alpn;
    if (alpn.length < 2) return preferred;
    const offered = this.#native.getClientHelloAlpn();
    return alpn.find((protocol) => offered.includes(protocol)) ?? preferred;
  }
}

/** Finds what the library's TLS sockets use underneath. */
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
    // Whatever else is different shows here.
    new TlsEngine(found as NativeTlsClass).close();
    return found as NativeTlsClass;
  } catch {
    return null;
  }
}

/** What was found, once it was looked for. */
const searched: { native?: NativeTlsClass | null } = {};

/** The engine of this runtime; `null` where it is not where it is looked for. */
export function nativeTls(): NativeTlsClass | null {
  if (searched.native === undefined) searched.native = findNativeTls();
  return searched.native;
}
