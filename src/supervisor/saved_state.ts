// The saved state on disk: written whole or not at all, read whole and bounded.

import type { Request, WorkerRequest } from "../../config/messages.ts";
import { readRecords, writeRecord } from "../../config/saved_state_format.ts";

/**
 * Largest state file read. A hundred thousand frontends with certificates stay below it; reading
 * anything longer into memory would only serve a mistake.
 */
export const MAX_STATE_FILE_BYTES = 256 * 1024 * 1024;

/** What became of reading or writing a state file. */
export type StateFileResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

/**
 * Writes the requests that rebuild a state; the number of records on success. The file is replaced
 * in one step, so a crash leaves the old one or the new one, and is readable by its owner alone:
 * it holds private keys.
 */
export async function saveState(
  path: string,
  requests: readonly Request[],
): Promise<StateFileResult<number>> {
  // A name nobody else writes to: two saves of the same file may overlap.
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    const text = requests.map((content, i) => writeRecord({ id: `SAVE-${i}`, content })).join("");
    const file = await Deno.open(temporary, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
    return { ok: true, value: requests.length };
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    return { ok: false, reason: `Cannot save the state to "${path}": ${reasonOf(error)}` };
  }
}

/** Reads every record of a state file; a record that cannot be read refuses the whole file. */
export async function loadState(path: string): Promise<StateFileResult<WorkerRequest[]>> {
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_STATE_FILE_BYTES) {
      return {
        ok: false,
        reason: `State file "${path}" has ${size} bytes, accepted: up to ${MAX_STATE_FILE_BYTES}`,
      };
    }
    const { records, error } = readRecords(await Deno.readTextFile(path));
    return error === null
      ? { ok: true, value: records }
      : { ok: false, reason: `State file "${path}": ${error.message}` };
  } catch (error) {
    return { ok: false, reason: `Cannot read state file "${path}": ${reasonOf(error)}` };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
