// A TLS connection of the runtime's Node.js library with the shape of a ByteStream: a puller instead of
// a shower of events. What is received is handed straight to the read that waits; only what nobody waits
// for is kept, and beyond a limit the socket underneath is paused, because the library itself would go
// on decrypting into memory without end.

import type { Socket } from "node:net";
import type { TLSSocket, TLSSocketOptions } from "node:tls";
import type { ByteStream } from "../contracts.ts";
import { nodeTls } from "../node_library.ts";

/** Received bytes kept at most before the socket is paused; what is in flight may come on top. */
const MAX_KEPT_BYTES = 128 * 1024;
/** Received pieces from this size on are freed as soon as they are used up, not when it is convenient. */
const LARGE_PIECE_BYTES = 16 * 1024;
/** How long a peer may take to accept the end of a connection that we close. */
const GOODBYE_MS = 2_000;

/** A TLS socket that hands what it receives to `take` instead of queueing it for events. */
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
  /** The library's socket: facts about the handshake are asked of it. */
  readonly socket: TLSSocket;
  readonly #raw: Socket;
  readonly #secure = Promise.withResolvers<void>();
  #isSecure = false;
  #reading: Pending<number> | null = null;
  #writing: Pending<number> | null = null;
  /** Received and not read yet, the first from {@link #offset} on. */
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

  /** Resolves when the handshake is over; rejects with the library's words when it fails. */
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
    // The library tells of a reset by itself.
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

  /** Says goodbye (close_notify) where that is possible at once; for the caller it is over now. */
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
      release(piece);
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
      release(piece);
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
    // Nobody need wait for a handshake; whoever does hears of it all the same.
    this.#secure.promise.catch(() => {});
    this.#reading?.reject(error);
    this.#writing?.reject(error);
    this.#reading = this.#writing = null;
    this.#kept.length = 0;
    this.#keptBytes = 0;
  }
}

const NOTHING = new Uint8Array(0);

/** The part of the library's inside that is needed to let go of a connection. */
interface NativeHandle {
  /** Says which object hears of the connection; it is kept alive for that. */
  setHandle(handle: object): void;
}

/**
 * What stands behind a socket. A handshake that ends before its first message was understood leaves the
 * runtime (Deno 2.9) holding on to the whole connection for ever, some 30 KiB that any client can cost us;
 * it lets go when it is given another object to hold. `null` where there is nothing of the kind.
 */
function nativeHandle(socket: TLSSocket): NativeHandle | null {
  const handle: unknown = Reflect.get(socket, "_handle");
  const fits = typeof handle === "object" && handle !== null && "setHandle" in handle &&
    typeof handle.setHandle === "function";
  return fits ? handle as NativeHandle : null;
}

/** Frees the memory of a used-up piece; pieces have a buffer of their own. */
function release(piece: Uint8Array): void {
  const { buffer } = piece;
  if (buffer.byteLength < LARGE_PIECE_BYTES || piece.byteLength !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
