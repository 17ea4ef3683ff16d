// Where application log lines go: standard error or a file. Lines are written in the background;
// when the other end does not keep up they are dropped and counted rather than kept for ever.

import { WriteQueue } from "./write_queue.ts";

/** Most bytes of log lines waiting for a slow terminal, pipe or disk. */
const MAX_PENDING_BYTES = 1024 * 1024;

/** An open log output. */
export class LogOutput {
  /** What the operator should know about the choice of this output; `null` when nothing. */
  readonly notice: string | null;
  readonly #queue: WriteQueue;
  readonly #encoder = new TextEncoder();
  readonly #file: Deno.FsFile | null;
  #dropped = 0;

  /** `file` is closed with the output. */
  constructor(
    write: (bytes: Uint8Array) => Promise<void>,
    notice: string | null,
    file: Deno.FsFile | null = null,
  ) {
    this.notice = notice;
    this.#file = file;
    this.#queue = new WriteQueue(write, MAX_PENDING_BYTES, () => {});
  }

  /** Queues one line; a line that does not fit is dropped. */
  readonly writeLine = (line: string): void => {
    if (!this.#queue.push(this.#encoder.encode(line))) this.#dropped++;
  };

  /** Lines lost because the output did not keep up or failed. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Resolves when every accepted line was written or given up. */
  flushed(): Promise<void> {
    return this.#queue.flushed();
  }

  /** Gives up what is not written yet and closes the file, if it is one. */
  close(): void {
    this.#queue.close();
    this.#file?.close();
  }
}

/**
 * Opens a log target. Standard output belongs to data in every process of ours (answers of the
 * command line, the channel of a worker), so `stdout` means standard error here. A target that
 * cannot be used falls back to standard error, with a notice.
 */
export function openLogOutput(target: string): LogOutput {
  if (target === "stdout" || target === "stderr" || target === "") {
    return new LogOutput(writeStandardError, null);
  }
  if (target.startsWith("file://")) {
    const path = target.slice("file://".length);
    try {
      const file = Deno.openSync(path, { append: true, create: true, mode: 0o640 });
      return new LogOutput((bytes) => writeAll(file, bytes), null, file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return new LogOutput(
        writeStandardError,
        `Cannot open log file "${path}": ${reason}; logging on standard error instead`,
      );
    }
  }
  return new LogOutput(
    writeStandardError,
    `Log target "${target}" is not available in this version: expected "stdout" or ` +
      `"file://PATH"; logging on standard error instead`,
  );
}

function writeStandardError(bytes: Uint8Array): Promise<void> {
  return writeAll(Deno.stderr, bytes);
}

async function writeAll(
  target: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await target.write(bytes.subarray(at));
}
