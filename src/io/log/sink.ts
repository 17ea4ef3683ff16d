// The contract for log targets. A sink writes whole records in order and reports how many it wrote. Its owner
// decides about waiting, retries and dropping.

import type { RecordBuffer } from "../../bytes/record_buffer.ts";

/** The result of writing a run of records. */
export interface Written {
  /** Records that are done, counted from the first one offered. */
  readonly taken: number;
  /** Of these, records that could not be sent at all, such as one too long for a datagram. */
  readonly lost: number;
  /** Why it stopped; `null` without an error. */
  readonly problem: string | null;
}

/** Takes records. */
export interface LogSink {
  /** Writes records from number `first` on, as many as suit one write; never rejects. */
  write(records: RecordBuffer, first: number): Promise<Written>;
  /** Opens the file anew, if there is one, after log rotation moved the old one away. */
  reopen(): void;
  /** Closes it; a write in progress may stop anywhere. */
  close(): void;
}

/** A writer that may take a part of the bytes. */
interface ByteTarget {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all of `bytes`; stops at the first error. Resolves with the bytes written, and the error. */
export async function writeBytes(
  target: ByteTarget,
  bytes: Uint8Array,
): Promise<{ readonly written: number; readonly error: unknown }> {
  let written = 0;
  try {
    while (written < bytes.length) written += await target.write(bytes.subarray(written));
    return { written, error: null };
  } catch (error) {
    return { written, error };
  }
}

/** How many of `count` records from `first` on lie whole before position `at` of the buffer. */
export function wholeRecords(
  records: RecordBuffer,
  first: number,
  count: number,
  at: number,
): number {
  let whole = 0;
  while (whole < count && records.endOf(first + whole) <= at) whole++;
  return whole;
}

/** The text of what was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
