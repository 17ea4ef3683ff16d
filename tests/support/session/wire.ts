// A TCP connection read on demand and with a deadline: what scripted backends and raw clients share.
// It reads only when asked, so that a test can be a slow peer. Knows no protocol.

import { within } from "../wait.ts";

/** Milliseconds a read waits before it fails, unless told otherwise. */
const DEFAULT_DEADLINE_MS = 5_000;

const READ_BYTES = 64 * 1024;

/** One end of a TCP connection in a test. */
export class Wire {
  readonly conn: Deno.TcpConn | Deno.TlsConn;
  #buffer = new Uint8Array(READ_BYTES);
  /** What has been received and not yet taken is `#buffer[#start, #end)`. */
  #start = 0;
  #end = 0;
  #reading: Promise<boolean> | null = null;
  #ended = false;
  #closed = false;

  constructor(conn: Deno.TcpConn | Deno.TlsConn) {
    this.conn = conn;
    if ("setNoDelay" in conn) conn.setNoDelay(true);
  }

  /** Bytes received and not yet taken, as Latin-1 text. */
  get buffered(): string {
    return latin1(this.#received);
  }

  /** Whether the peer has closed its side and all it sent has been received. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Writes text (as Latin-1) or bytes; resolves when the kernel has taken all of it. */
  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? fromLatin1(data) : data;
    let offset = 0;
    while (offset < bytes.length) offset += await this.conn.write(bytes.subarray(offset));
  }

  /** Takes everything up to and including `mark`; throws when the peer closes or the deadline passes first. */
  async readThrough(mark: string, deadlineMs = DEFAULT_DEADLINE_MS): Promise<string> {
    const needle = fromLatin1(mark);
    const end = performance.now() + deadlineMs;
    let from = 0;
    for (;;) {
      const at = indexOf(this.#received, needle, from);
      if (at >= 0) return latin1(this.#take(at + needle.length));
      from = Math.max(0, this.#received.length - needle.length);
      await this.#more(JSON.stringify(mark), end);
    }
  }

  /** Takes exactly `count` bytes; throws when the peer closes or the deadline passes first. */
  async readExactly(count: number, deadlineMs = DEFAULT_DEADLINE_MS): Promise<Uint8Array> {
    const end = performance.now() + deadlineMs;
    while (this.#received.length < count) await this.#more(`${count} bytes`, end);
    return this.#take(count);
  }

  /** Takes what has been received, waiting for at least one byte; empty when the peer has closed. */
  async readSome(deadlineMs = DEFAULT_DEADLINE_MS): Promise<Uint8Array> {
    if (this.#received.length === 0 && !this.#ended) {
      await this.#receive("any byte", performance.now() + deadlineMs);
    }
    return this.#take(this.#received.length);
  }

  /** Takes everything until the peer closes; a reset counts as the end. */
  async readToEnd(deadlineMs = DEFAULT_DEADLINE_MS): Promise<Uint8Array> {
    const end = performance.now() + deadlineMs;
    while (!this.#ended) await this.#receive("the end of the connection", end);
    return this.#take(this.#received.length);
  }

  /** Ends the sending side only. */
  async closeWrite(): Promise<void> {
    await this.conn.closeWrite();
  }

  /** Closes both sides. Unread bytes make the kernel reset the connection. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #received(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  #take(count: number): Uint8Array {
    const taken = this.#received.slice(0, count);
    this.#start += taken.length;
    return taken;
  }

  /** Keeps `bytes`; doubling, so that a large body is not copied once for every read. */
  #append(bytes: Uint8Array): void {
    const kept = this.#received;
    if (this.#end + bytes.length > this.#buffer.length) {
      const wanted = kept.length + bytes.length;
      const target = wanted * 2 > this.#buffer.length ? new Uint8Array(wanted * 2) : this.#buffer;
      target.set(kept);
      this.#buffer = target;
      this.#start = 0;
      this.#end = kept.length;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  async #more(what: string, end: number): Promise<void> {
    if (this.#ended) {
      throw new Error(
        `Connection closed by the peer while waiting for ${what}; received ${
          JSON.stringify(this.buffered.slice(0, 2_000))
        }`,
      );
    }
    await this.#receive(what, end);
  }

  async #receive(what: string, end: number): Promise<void> {
    // A read that outlived an earlier deadline is picked up again: its bytes must not be lost.
    this.#reading ??= this.#readOnce();
    const left = Math.max(0, end - performance.now());
    await within(
      `${what} after ${JSON.stringify(latin1(this.#received.subarray(0, 500)))}`,
      left,
      this.#reading,
    );
  }

  async #readOnce(): Promise<boolean> {
    const chunk = new Uint8Array(READ_BYTES);
    const count = await this.conn.read(chunk).catch(() => null);
    this.#reading = null;
    if (count === null) {
      this.#ended = true;
      return false;
    }
    this.#append(chunk.subarray(0, count));
    return true;
  }
}

/** Bytes as text, one character a byte. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8_192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8_192));
  }
  return text;
}

/** Text as bytes, one byte a character; characters above 0xFF are a mistake of the test. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError(`Cannot send character ${code}: not one byte`);
    bytes[i] = code;
  }
  return bytes;
}

function indexOf(haystack: Uint8Array, needle: Uint8Array, from: number): number {
  const last = haystack.length - needle.length;
  for (let at = from; at <= last; at++) {
    let i = 0;
    while (i < needle.length && haystack[at + i] === needle[i]) i++;
    if (i === needle.length) return at;
  }
  return -1;
}
