// A byte stream without a socket: what it reads is queued by the test, what is written is kept. For
// tests of sessions at the points where a real socket cannot be made to behave on demand.

import type { ByteStream } from "../../../src/io/contracts.ts";

/** A scripted {@link ByteStream}. */
export class FakeStream implements ByteStream {
  /** Everything written so far, as Latin-1 text. */
  written = "";
  closed = false;
  writeEnded = false;
  /** Bytes taken by one write at most. */
  writeLimit = Infinity;
  #waiting: { into: Uint8Array; done: PromiseWithResolvers<number> } | null = null;
  #queue: (Uint8Array | null)[] = [];

  /** Lets the next reads receive `text` (Latin-1); `null` is the end of stream. */
  feed(text: string | null): void {
    this.#queue.push(text === null ? null : Uint8Array.from(text, (it) => it.charCodeAt(0)));
    this.#deliver();
  }

  /** A read is waiting for bytes. */
  get reading(): boolean {
    return this.#waiting !== null;
  }

  /** Bytes that the read which waits has room for; 0 when none does. */
  get room(): number {
    return this.#waiting?.into.length ?? 0;
  }

  read(into: Uint8Array): Promise<number> {
    if (this.closed) return Promise.reject(new Error("closed"));
    if (this.#waiting !== null) return Promise.reject(new Error("two reads at once"));
    this.#waiting = { into, done: Promise.withResolvers() };
    const { promise } = this.#waiting.done;
    this.#deliver();
    return promise;
  }

  write(from: Uint8Array): Promise<number> {
    if (this.closed) return Promise.reject(new Error("closed"));
    const count = Math.min(from.length, this.writeLimit);
    for (let i = 0; i < count; i++) this.written += String.fromCharCode(from[i] as number);
    return Promise.resolve(count);
  }

  closeWrite(): Promise<void> {
    this.writeEnded = true;
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
    this.#waiting?.done.reject(new Error("closed"));
    this.#waiting = null;
  }

  #deliver(): void {
    const next = this.#queue[0];
    if (this.#waiting === null || next === undefined) return;
    const { into, done } = this.#waiting;
    this.#waiting = null;
    if (next === null) return done.resolve(0);
    const count = Math.min(into.length, next.length);
    into.set(next.subarray(0, count));
    if (count === next.length) this.#queue.shift();
    else this.#queue[0] = next.subarray(count);
    done.resolve(count);
  }
}
