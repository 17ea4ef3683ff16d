// Writes log records to a file, or to standard error. Every write appends whole records, so several processes
// may share one file. A file that was moved away or removed is detected and opened anew under its name: log
// rotation by renaming needs no signal.

import type { RecordBuffer } from "../../bytes/record_buffer.ts";
import { type LogSink, reasonOf, wholeRecords, writeBytes, type Written } from "./sink.ts";

/** Most bytes of one write to a file. */
const FILE_WRITE_BYTES = 256 * 1024;

/** A pipe takes this many bytes whole or not at all (PIPE_BUF): lines of several processes do not mix. */
const PIPE_WRITE_BYTES = 4096;

/** Interval of the check for rotation, in milliseconds. */
const LOOK_MS = 1_000;

const FILE_MODE = 0o640;

/** Appends to a file. */
export class FileSink implements LogSink {
  readonly #path: string;
  #file: Deno.FsFile;
  /** Device and number of the open file. */
  #identity: string;
  readonly #now: () => number;
  #lookedAt: number;
  #busy = false;
  #stale = false;
  #closed = false;
  /** Bytes of the first unfinished record that are in the file already. */
  #partial = 0;

  private constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
    this.#lookedAt = now();
    this.#file = openForAppending(path);
    this.#identity = identityOf(this.#file.statSync());
  }

  /** Opens `path` for appending, creating it if need be; or says why it cannot. `now` in milliseconds. */
  static open(path: string, now = () => performance.now()): FileSink | string {
    try {
      return new FileSink(path, now);
    } catch (error) {
      return `Cannot open log file "${path}": ${reasonOf(error)}`;
    }
  }

  async write(records: RecordBuffer, first: number): Promise<Written> {
    this.#busy = true;
    await this.#follow();
    const count = records.fitting(first, FILE_WRITE_BYTES);
    const start = records.endOf(first - 1) + this.#partial;
    const bytes = records.bytes.subarray(start, records.endOf(first + count - 1));
    const { written, error } = await writeBytes(this.#file, bytes);
    this.#busy = false;
    const taken = wholeRecords(records, first, count, start + written);
    this.#partial = start + written - records.endOf(first + taken - 1);
    if (this.#closed) this.#file.close();
    const problem = error === null
      ? null
      : `Cannot write log file "${this.#path}": ${reasonOf(error)}`;
    return { taken, lost: 0, problem };
  }

  reopen(): void {
    this.#stale = true;
    if (!this.#busy && !this.#closed) this.#openAgain();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#busy) this.#file.close();
  }

  /** Checks whether the name still leads to the open file. */
  async #follow(): Promise<void> {
    const now = this.#now();
    if (!this.#stale && now - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = now;
      try {
        this.#stale = identityOf(await Deno.stat(this.#path)) !== this.#identity;
      } catch {
        this.#stale = true;
      }
    }
    if (this.#stale && !this.#closed) this.#openAgain();
  }

  /** When the name cannot be opened, the old file stays in use until it can. */
  #openAgain(): void {
    this.#stale = false;
    try {
      const file = openForAppending(this.#path);
      this.#identity = identityOf(file.statSync());
      this.#file.close();
      this.#file = file;
      this.#partial = 0;
    } catch {
      this.#lookedAt = this.#now();
    }
  }
}

/** Standard error: standard output carries data in every process of this program. */
export class StandardSink implements LogSink {
  #partial = 0;

  async write(records: RecordBuffer, first: number): Promise<Written> {
    const count = records.fitting(first, PIPE_WRITE_BYTES);
    const start = records.endOf(first - 1) + this.#partial;
    const bytes = records.bytes.subarray(start, records.endOf(first + count - 1));
    const { written, error } = await writeBytes(Deno.stderr, bytes);
    const taken = wholeRecords(records, first, count, start + written);
    this.#partial = start + written - records.endOf(first + taken - 1);
    const problem = error === null ? null : `Cannot write standard error: ${reasonOf(error)}`;
    return { taken, lost: 0, problem };
  }

  reopen(): void {}

  close(): void {}
}

function openForAppending(path: string): Deno.FsFile {
  return Deno.openSync(path, { append: true, create: true, mode: FILE_MODE });
}

function identityOf({ dev, ino }: Deno.FileInfo): string {
  return `${dev}:${ino}`;
}
