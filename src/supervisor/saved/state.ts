// The saved state on disk: written whole or not at all, read whole and bounded.

import { MAX_STATE_FILE_BYTES } from "../../../config/defaults.ts";
import type { Request } from "../../../config/schema/messages.ts";
import {
  RecordError,
  RecordReader,
  type SavedRecord,
  writeRecord,
} from "../../../config/codec/saved_state.ts";
import { isInternalChange } from "../../../config/state/verbs.ts";
import { replaceFile } from "../../io/files/replace_file.ts";
import { Slices } from "../../io/net/turn.ts";
import { writeAll } from "../../io/net/write_all.ts";

/** Characters of one write. */
const WRITE_LENGTH = 256 * 1024;

/** The result of reading or writing a state file. */
export type StateFileResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/**
 * Writes the requests that rebuild a state; the number of records on success. Where the file can be replaced in
 * one step, a crash leaves the old one or the new one. It is readable by its owner alone: it holds private keys.
 */
export async function saveState(
  path: string,
  requests: readonly Request[],
): Promise<StateFileResult<number>> {
  try {
    await replaceFile(path, (file) => writeRecords(file, requests));
    return { ok: true, value: requests.length };
  } catch (error) {
    return { ok: false, reason: `Cannot save the state to "${path}": ${reasonOf(error)}` };
  }
}

/** Reads every record of a state file; a record that cannot be read refuses the whole file. */
export async function loadState(path: string): Promise<StateFileResult<SavedRecord[]>> {
  try {
    const { size, isFile } = await Deno.stat(path);
    // A device or a pipe has no size and may have no end.
    if (!isFile) return { ok: false, reason: `State file "${path}" is no regular file` };
    if (size > MAX_STATE_FILE_BYTES) {
      return {
        ok: false,
        reason: `State file "${path}" has ${size} bytes, accepted: up to ${MAX_STATE_FILE_BYTES}`,
      };
    }
    return await readRecords(path, await Deno.readTextFile(path));
  } catch (error) {
    return { ok: false, reason: `Cannot read state file "${path}": ${reasonOf(error)}` };
  }
}

/**
 * Copies a state file that cannot be read: the next save replaces it, and the operator may want to repair it. Returns
 * the outcome as a text.
 */
export async function keepUnreadable(path: string): Promise<string> {
  const copy = `${path}.unreadable`;
  try {
    // A device or a pipe is not copied; a save never writes to it.
    if (!(await Deno.stat(path)).isFile) return "it is left as it is";
    await Deno.copyFile(path, copy);
    return `a copy of it is kept in "${copy}"`;
  } catch (error) {
    return `no copy of it could be kept in "${copy}": ${reasonOf(error)}`;
  }
}

/** In slices, so that other clients are served while a large state is written. */
async function writeRecords(file: Deno.FsFile, requests: readonly Request[]): Promise<void> {
  const encoder = new TextEncoder();
  const slices = new Slices();
  let text = "";
  for (const [i, content] of requests.entries()) {
    text += writeRecord({ id: `SAVE-${i}`, content });
    if (slices.isOver) await slices.pause();
    if (text.length < WRITE_LENGTH) continue;
    await writeAll(file, encoder.encode(text));
    text = "";
  }
  await writeAll(file, encoder.encode(text));
}

/** In slices, so that other clients are served while a large state is read. */
async function readRecords(path: string, text: string): Promise<StateFileResult<SavedRecord[]>> {
  const reader = new RecordReader(text);
  const records: SavedRecord[] = [];
  const slices = new Slices();
  for (let next = reader.next(); next !== null; next = reader.next()) {
    if (next instanceof RecordError) {
      return { ok: false, reason: `State file "${path}": ${next.message}` };
    }
    const kind = next.request.content.request_type?.kind;
    if (kind !== undefined && isInternalChange(kind)) {
      const place = `record ${next.record} on line ${next.line}`;
      return { ok: false, reason: `State file "${path}": ${place}: ${kind} is not for files` };
    }
    records.push(next);
    if (slices.isOver) await slices.pause();
  }
  return { ok: true, value: records };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A saved state that was never written is an empty one. */
export async function isMissing(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
