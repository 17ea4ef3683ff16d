// The plaintext of a TLS connection as a byte stream, over an engine and the stream that carries the ciphertext.

import type { ByteStream } from "../contracts.ts";
import { MAX_CIPHERTEXT_BYTES, MAX_PLAINTEXT_BYTES, type TlsEngine } from "./engine.ts";
import { writeAll } from "../net/write_all.ts";
import { freePiece } from "./freed_piece.ts";

/** How long a peer may take to accept close_notify, in milliseconds. */
const GOODBYE_MS = 2_000;

/**
 * One connection after its handshake. Reads and writes run in callbacks that are made once: an `async` function
 * would cost as much as the calls of the engine.
 */
export class EngineTlsStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #engine: TlsEngine;
  /** Plaintext that is not read yet; `null` for none. */
  #kept: Uint8Array | null;
  /** The buffer of the pending read; its ciphertext is read into it as well. */
  #into: Uint8Array = NOTHING;
  /** Ciphertext that is being sent; empty when nothing is. */
  #sending: Uint8Array = NOTHING;
  /** Bytes of plaintext in what is being sent. */
  #taken = 0;
  #closed = false;
  /** The peer has closed without close_notify. */
  #cut = false;

  /** `kept`: plaintext that came with the last message of the handshake. */
  constructor(stream: ByteStream, engine: TlsEngine, kept: Uint8Array | null) {
    this.#stream = stream;
    this.#engine = engine;
    this.#kept = kept;
  }

  read(into: Uint8Array): Promise<number> {
    if (this.#kept !== null) return Promise.resolve(this.#readKept(this.#kept, into));
    this.#into = into.length > MAX_CIPHERTEXT_BYTES ? into.subarray(0, MAX_CIPHERTEXT_BYTES) : into;
    return this.#readMore();
  }

  write(from: Uint8Array): Promise<number> {
    const refusal = this.#refusal();
    if (refusal !== null) return Promise.reject(refusal);
    if (from.length === 0) return this.#stream.write(from);
    const piece = from.length > MAX_PLAINTEXT_BYTES ? from.subarray(0, MAX_PLAINTEXT_BYTES) : from;
    this.#engine.encrypt(piece);
    return this.#send(piece.length);
  }

  async closeWrite(): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== null) throw refusal;
    this.#engine.end();
    await this.#send(0);
    await this.#stream.closeWrite();
  }

  /** Sends close_notify if no write is in progress. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const polite = this.#sending.length === 0 && this.#engine.phase !== "failed";
    if (polite) this.#engine.end();
    const goodbye = polite ? this.#engine.drain() : NOTHING;
    this.#engine.close();
    this.#kept = null;
    if (goodbye.length === 0) this.#stream.close();
    else void sayGoodbye(this.#stream, goodbye);
  }

  #readKept(kept: Uint8Array, into: Uint8Array): number {
    const count = Math.min(kept.length, into.length);
    into.set(kept.subarray(0, count));
    this.#kept = count < kept.length ? kept.subarray(count) : null;
    return count;
  }

  #readMore(): Promise<number> {
    const { phase, error } = this.#engine;
    if (phase === "failed") return this.#fail(error);
    if (this.#closed) return Promise.reject(closedError());
    if (this.#cut || phase === "ended") return END;
    return this.#stream.read(this.#into).then(this.#onCiphertext);
  }

  readonly #onCiphertext = (count: number): number | Promise<number> => {
    const length = this.#decrypt(count);
    return length > 0 ? length : this.#readOn();
  };

  /**
   * Reads until there is plaintext. It is a loop: a client may send a record byte by byte, and nested callbacks
   * would fill the stack.
   */
  async #readOn(): Promise<number> {
    while (!this.#cut && !this.#closed && this.#engine.phase === "open") {
      const length = this.#decrypt(await this.#stream.read(this.#into));
      if (length > 0) return length;
    }
    return await this.#readMore();
  }

  /** Takes ciphertext; returns the bytes written into the buffer of the read. The rest is kept. */
  #decrypt(count: number): number {
    if (count === 0) this.#cut = true;
    if (this.#closed || count === 0) return 0;
    const engine = this.#engine;
    const into = this.#into;
    engine.receive(count === into.length ? into : into.subarray(0, count));
    const { plaintextLength: length } = engine;
    if (length === 0) return 0;
    if (length > into.length) this.#kept = engine.plaintext(into.length, length).slice();
    const first = Math.min(length, into.length);
    into.set(engine.plaintext(0, first));
    return first;
  }

  #refusal(): Error | null {
    if (this.#engine.phase === "failed") return this.#engine.error;
    return this.#closed ? closedError() : null;
  }

  /** Sends the ciphertext there is, messages of the engine first; resolves with `taken`. */
  #send(taken: number): Promise<number> {
    this.#sending = this.#engine.drain();
    this.#taken = taken;
    if (this.#sending.length === 0) return Promise.resolve(taken);
    return this.#stream.write(this.#sending).then(this.#onSent, this.#onSendFailed);
  }

  readonly #onSent = (count: number): number | Promise<number> => {
    if (count < this.#sending.length) return this.#sendRest(count);
    this.#sent();
    return this.#taken;
  };

  async #sendRest(from: number): Promise<number> {
    try {
      await writeAll(this.#stream, this.#sending.subarray(from));
    } catch (error) {
      return this.#onSendFailed(error);
    }
    this.#sent();
    return this.#taken;
  }

  #sent(): void {
    freePiece(this.#sending);
    this.#sending = NOTHING;
  }

  readonly #onSendFailed = (error: unknown): never => {
    this.#sending = NOTHING;
    throw error;
  };

  /** Sends the alert unless a record is half sent, and rejects with the error. */
  async #fail(error: Error | null): Promise<never> {
    if (this.#sending.length === 0 && !this.#closed) await this.#send(0);
    throw error;
  }
}

const NOTHING = new Uint8Array(0);
const END = Promise.resolve(0);

function closedError(): Error {
  return new Error("The connection was closed");
}

/** Sends the last bytes of a connection and closes it. */
async function sayGoodbye(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  const timer = setTimeout(() => stream.close(), GOODBYE_MS);
  try {
    await writeAll(stream, bytes);
  } catch {
    // The peer has closed.
  }
  clearTimeout(timer);
  stream.close();
}
