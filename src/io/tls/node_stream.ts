// A TLS connection of Deno's Node.js library as a ByteStream. Received bytes go to the pending read. Without one
// they are kept up to a limit, beyond which the socket is paused: the library itself would decrypt into memory
// without a bound.

import type { Socket } from "node:net";
import type { TLSSocket, TLSSocketOptions } from "node:tls";
import type { ByteStream } from "../contracts.ts";
import { nodeTls } from "../node_library.ts";
import { freePiece } from "./freed_piece.ts";

/** Most received bytes that are kept before the socket is paused; those in flight may come on top. */
const MAX_KEPT_BYTES = 128 * 1024;
/** How long a peer may take to accept close_notify, in milliseconds. */
const GOODBYE_MS = 2_000;

/** A TLS socket that passes received bytes to `take` instead of emitting events. */
function pullSocket(
  raw: Socket,
  options: TLSSocketOptions,
  take: (piece: Uint8Array | null) => void,
): TLSSocket {
  const socket = new (nodeTls().TLSSocket)(raw, options);
  // Called by the library for every piece, `null` at the end. Going on is decided by the socket below.
  socket.push = (piece) => {
    take(piece);
    return true;
  };
  return socket;
}

/** How a pending read or write is settled. */
interface Pending<T> {
  readonly bytes: Uint8Array;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** One accepted TLS connection; no handshake has happened when it is made. */
export class NodeTlsStream implements ByteStream {
  /** The socket of the library, which has the facts of the handshake. */
  readonly socket: TLSSocket;
  readonly #raw: Socket;
  readonly #secure = Promise.withResolvers<void>();
  #isSecure = false;
  #reading: Pending<number> | null = null;
  #writing: Pending<number> | null = null;
  /** Pieces that are not read yet, the first one from {@link #offset} on. */
  readonly #kept: Uint8Array[] = [];
  #offset = 0;
  #keptBytes = 0;
  #paused = false;
  #ended = false;
  #broken: Error | null = null;

  constructor(raw: Socket, options: TLSSocketOptions) {
    this.#raw = raw;
    this.socket = pullSocket(raw, options, (piece) => this.#receive(piece));
    const handle = nativeHandle(this.socket);
    this.socket.on("error", (error: Error) => this.#break(error));
    this.socket.on("close", () => {
      this.#break(new Error("The connection was closed"));
      if (!this.#isSecure) handle?.setHandle({});
    });
    this.socket.once("secure", () => {
      this.#isSecure = true;
      this.#secure.resolve();
    });
  }

  /** Resolves after the handshake; rejects with the message of the library when it fails. */
  get secure(): Promise<void> {
    return this.#secure.promise;
  }

  read(into: Uint8Array): Promise<number> {
    if (this.#keptBytes > 0) return Promise.resolve(this.#readKept(into));
    if (this.#ended) return Promise.resolve(0);
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (this.#reading !== null) return Promise.reject(new TypeError("Two readers at once"));
    return new Promise((resolve, reject) => {
      this.#reading = { bytes: into, resolve, reject };
    });
  }

  write(from: Uint8Array): Promise<number> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    // The library reports a reset itself.
    if (from.length === 0) return Promise.resolve(0);
    return new Promise((resolve, reject) => {
      this.#writing = { bytes: from, resolve, reject };
      this.socket.write(from, this.#onWritten);
    });
  }

  async closeWrite(): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    await new Promise<number>((resolve, reject) => {
      this.#writing = { bytes: NOTHING, resolve, reject };
      this.socket.end(this.#onWritten);
    });
  }

  /** Sends close_notify if that is possible at once; the caller does not wait for it. */
  close(): void {
    const polite = this.#isSecure && this.#broken === null && this.#writing === null;
    this.#break(new Error("The connection was closed"));
    if (!polite) {
      this.socket.destroy();
      return;
    }
    const timer = setTimeout(() => this.socket.destroy(), GOODBYE_MS);
    this.socket.once("close", () => clearTimeout(timer));
    this.socket.destroySoon();
  }

  /** One function for all writes of a connection. */
  readonly #onWritten = (error?: Error | null): void => {
    const writing = this.#writing;
    this.#writing = null;
    if (error) writing?.reject(error);
    else writing?.resolve(writing.bytes.length);
  };

  #receive(piece: Uint8Array | null): void {
    if (this.#broken !== null) return;
    if (piece === null) return this.#end();
    const reading = this.#reading;
    if (reading === null) return this.#keep(piece, 0);
    this.#reading = null;
    const into = reading.bytes;
    const count = Math.min(into.length, piece.length);
    if (count < piece.length) {
      into.set(piece.subarray(0, count));
      this.#keep(piece, count);
    } else {
      into.set(piece);
      freePiece(piece);
    }
    reading.resolve(count);
  }

  #keep(piece: Uint8Array, from: number): void {
    if (this.#kept.length === 0) this.#offset = from;
    this.#kept.push(piece);
    this.#keptBytes += piece.length - from;
    if (this.#keptBytes < MAX_KEPT_BYTES || this.#paused) return;
    this.#paused = true;
    this.#raw.pause();
  }

  #readKept(into: Uint8Array): number {
    const piece = this.#kept[0] as Uint8Array;
    const count = Math.min(into.length, piece.length - this.#offset);
    into.set(piece.subarray(this.#offset, this.#offset + count));
    this.#offset += count;
    this.#keptBytes -= count;
    if (this.#offset === piece.length) {
      this.#kept.shift();
      this.#offset = 0;
      freePiece(piece);
    }
    if (this.#paused && this.#keptBytes === 0) {
      this.#paused = false;
      this.#raw.resume();
    }
    return count;
  }

  #end(): void {
    this.#ended = true;
    if (!this.#isSecure) this.#break(new Error("The peer closed during the handshake"));
    this.#reading?.resolve(0);
    this.#reading = null;
  }

  #break(error: Error): void {
    if (this.#broken !== null) return;
    this.#broken = error;
    this.#secure.reject(error);
    // A failed handshake without a waiting caller is no unhandled rejection; a caller gets it all the same.
    this.#secure.promise.catch(() => {});
    this.#reading?.reject(error);
    this.#writing?.reject(error);
    this.#reading = this.#writing = null;
    this.#kept.length = 0;
    this.#keptBytes = 0;
  }
}

const NOTHING = new Uint8Array(0);

/** The internals of the library that release a connection. */
interface NativeHandle {
  /** Sets the object with the callbacks; it stays referenced. */
  setHandle(handle: object): void;
}

/**
 * The internals of a socket. When a handshake fails in its first message, Deno 2.9 references the connection for
 * ever: a leak of about 30 KiB that any client can cause. Setting another object for the callbacks releases it.
 * `null` where there are no such internals.
 */
function nativeHandle(socket: TLSSocket): NativeHandle | null {
  const handle: unknown = Reflect.get(socket, "_handle");
  const fits = typeof handle === "object" && handle !== null && "setHandle" in handle &&
    typeof handle.setHandle === "function";
  return fits ? handle as NativeHandle : null;
}
