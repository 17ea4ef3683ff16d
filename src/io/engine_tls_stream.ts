// The inside of a TLS connection as a byte stream: an engine, and any stream that carries its ciphertext.

import type { ByteStream } from "./contracts.ts";
import { MAX_CIPHERTEXT_BYTES, MAX_PLAINTEXT_BYTES, type TlsEngine } from "./tls_engine.ts";

/** How long a peer may take to accept the goodbye of a connection that we close. */
const GOODBYE_MS = 2_000;

/** One connection after its handshake. */
export class EngineTlsStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #engine: TlsEngine;
  /** Plaintext received and not read yet, `null` for none. */
  #kept: Uint8Array | null;
  #writing = false;
  #closed = false;
  /** The peer has left without a goodbye. */
  #cut = false;

  /** `kept`: plaintext that came with the last message of the handshake. */
  constructor(stream: ByteStream, engine: TlsEngine, kept: Uint8Array | null) {
    this.#stream = stream;
    this.#engine = engine;
    this.#kept = kept;
  }

  /** The ciphertext is read into `into` as well: its plaintext is never longer, but for a broken record. */
  async read(into: Uint8Array): Promise<number> {
    if (this.#kept !== null) return this.#readKept(this.#kept, into);
    const engine = this.#engine;
    while (!this.#cut && engine.phase === "open") {
      const room = into.length > MAX_CIPHERTEXT_BYTES
        ? into.subarray(0, MAX_CIPHERTEXT_BYTES)
        : into;
      const count = await this.#stream.read(room);
      if (this.#closed) break;
      if (count === 0) this.#cut = true;
      else {
        engine.receive(room.subarray(0, count));
        const { plaintext } = engine;
        if (plaintext.length > 0) return this.#handOver(plaintext, into);
      }
    }
    if (engine.phase === "failed") await this.#fail();
    if (this.#closed) throw new Error("The connection was closed");
    return 0;
  }

  async write(from: Uint8Array): Promise<number> {
    this.#mustBeOpen();
    const piece = from.length > MAX_PLAINTEXT_BYTES ? from.subarray(0, MAX_PLAINTEXT_BYTES) : from;
    this.#engine.encrypt(piece);
    await this.#flush();
    return piece.length;
  }

  async closeWrite(): Promise<void> {
    this.#mustBeOpen();
    this.#engine.end();
    await this.#flush();
    await this.#stream.closeWrite();
  }

  /** Says goodbye (close_notify) where that is possible at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const polite = !this.#writing && this.#engine.phase !== "failed";
    if (polite) this.#engine.end();
    const goodbye = polite ? this.#engine.drain() : null;
    this.#engine.close();
    this.#kept = null;
    if (goodbye === null) this.#stream.close();
    else void this.#sayGoodbye(goodbye);
  }

  #handOver(plaintext: Uint8Array, into: Uint8Array): number {
    const count = Math.min(plaintext.length, into.length);
    if (count < plaintext.length) {
      this.#kept = plaintext.slice(count);
      into.set(plaintext.subarray(0, count));
    } else into.set(plaintext);
    return count;
  }

  #readKept(kept: Uint8Array, into: Uint8Array): number {
    const count = Math.min(kept.length, into.length);
    into.set(kept.subarray(0, count));
    this.#kept = count < kept.length ? kept.subarray(count) : null;
    return count;
  }

  #mustBeOpen(): void {
    const { phase, error } = this.#engine;
    if (phase === "failed") throw error;
    if (this.#closed) throw new Error("The connection was closed");
  }

  /** Sends everything there is to send, the engine's own messages first. */
  async #flush(): Promise<void> {
    const ciphertext = this.#engine.drain();
    this.#writing = true;
    try {
      let at = 0;
      while (at < ciphertext.length) {
        at += await this.#stream.write(at === 0 ? ciphertext : ciphertext.subarray(at));
      }
    } finally {
      this.#writing = false;
    }
  }

  /** Tells the peer what was wrong (an alert), unless a record of ours is half sent, and rejects with it. */
  async #fail(): Promise<never> {
    if (!this.#writing && !this.#closed) await this.#flush();
    throw this.#engine.error;
  }

  async #sayGoodbye(goodbye: Uint8Array): Promise<void> {
    const stream = this.#stream;
    const timer = setTimeout(() => stream.close(), GOODBYE_MS);
    try {
      for (let at = 0; at < goodbye.length;) at += await stream.write(goodbye.subarray(at));
    } catch {
      // The peer is gone.
    }
    clearTimeout(timer);
    stream.close();
  }
}
