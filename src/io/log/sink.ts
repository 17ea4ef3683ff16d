// The doors through which log records leave the process. A sink writes whole records in their order and
// says how far it came; waiting, trying again and giving up are the business of its owner.

import type { RecordBuffer } from "../../bytes/record_buffer.ts";

/** How far a sink came with a run of records. */
export interface Written {
  /** Records done with, counted from the first one offered. */
  readonly taken: number;
  /** Of those, records that could not be sent at all, such as one too long for a datagram. */
  readonly lost: number;
  /** Why it stopped; `null` when nothing is wrong. */
  readonly problem: string | null;
}

/** Takes records. */
export interface LogSink {
  /** Writes records from number `first` on, as many as are good in one go; never rejects. */
  write(records: RecordBuffer, first: number): Promise<Written>;
  /** Opens its file anew, where it has one; the old one may have been moved away. */
  reopen(): void;
  /** Ends it; a write that is under way may stop anywhere. */
  close(): void;
}

/** Whatever takes some of the bytes it is given. */
interface ByteTarget {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all of `bytes`; stops at the first error. Resolves with how far it came, and the error. */
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
