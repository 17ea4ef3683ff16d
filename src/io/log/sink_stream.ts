// Writes log records to a connection, TCP or unix. The next write reopens a lost connection, and the record
// that was cut is sent whole on the new one: a receiver sees no half record before another one.

import type { RecordBuffer } from "../../bytes/record_buffer.ts";
import { type LogSink, reasonOf, wholeRecords, writeBytes, type Written } from "./sink.ts";

/** Most bytes of one write. */
const WRITE_BYTES = 64 * 1024;

/** Deadlines of connecting and of one write, in milliseconds. */
const CONNECT_MS = 5_000;
const STALL_MS = 30_000;

/** Opens a connection, or rejects; `signal` cancels it. */
export type OpenStream = (signal: AbortSignal) => Promise<Deno.Conn>;

/** A connection to a receiver of records. */
export class StreamSink implements LogSink {
  readonly #name: string;
  readonly #open: OpenStream;
  readonly #ending = new AbortController();
  #stream: Deno.Conn | null = null;

  /** `name` is the target as it was configured. */
  constructor(name: string, open: OpenStream) {
    this.#name = name;
    this.#open = open;
  }

  async write(records: RecordBuffer, first: number): Promise<Written> {
    let stream: Deno.Conn;
    try {
      stream = this.#stream ?? await this.#connect();
    } catch (error) {
      const problem = `Cannot connect to log target "${this.#name}": ${reasonOf(error)}`;
      return { taken: 0, lost: 0, problem };
    }
    const count = records.fitting(first, WRITE_BYTES);
    const start = records.endOf(first - 1);
    const bytes = records.bytes.subarray(start, records.endOf(first + count - 1));
    const timer = setTimeout(() => this.#drop(stream), STALL_MS);
    const { written, error } = await writeBytes(stream, bytes);
    clearTimeout(timer);
    if (error === null) return { taken: count, lost: 0, problem: null };
    this.#drop(stream);
    const taken = wholeRecords(records, first, count, start + written);
    const problem = `Lost the connection to log target "${this.#name}": ${reasonOf(error)}`;
    return { taken, lost: 0, problem };
  }

  reopen(): void {}

  close(): void {
    this.#ending.abort();
    if (this.#stream !== null) this.#drop(this.#stream);
  }

  async #connect(): Promise<Deno.Conn> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(CONNECT_MS)]);
    const stream = await this.#open(signal);
    this.#stream = stream;
    void this.#watch(stream);
    return stream;
  }

  /** A receiver sends nothing; the end of its stream means that it is down. */
  async #watch(stream: Deno.Conn): Promise<void> {
    const ignored = new Uint8Array(256);
    try {
      while (await stream.read(ignored) !== null);
    } catch {
      // An error means the same as the end of the stream.
    }
    this.#drop(stream);
  }

  #drop(stream: Deno.Conn): void {
    if (this.#stream !== stream) return;
    this.#stream = null;
    stream.close();
  }
}

/** Opens a TCP connection. */
export function tcpStream(hostname: string, port: number): OpenStream {
  return (signal) => Deno.connect({ hostname, port, signal });
}

/** Opens a unix stream connection. */
export function unixStream(path: string): OpenStream {
  return () => Deno.connect({ transport: "unix", path });
}
