// A file of audit rows: opened once, only ever appended to, closed to everybody but its owner and
// group. Rows are written in the background and many at a time, because a row for every change must not
// slow changes down; what a disk that hangs keeps waiting is bounded.

import { nextTurn } from "../net/turn.ts";
import { writeAll } from "../net/write_all.ts";

/** Most characters of rows waiting for the disk. */
const MAX_PENDING_CHARACTERS = 16 * 1024 * 1024;

const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** Told of what the operator should know; `lost` is how many rows there was no room for. */
export type AuditFileReport = (problem: string, lost: number) => void;

/** An open audit file. */
export class AuditFile {
  #file: Deno.FsFile;
  readonly #path: string;
  readonly #report: AuditFileReport;
  readonly #encoder = new TextEncoder();
  #lines: string[] = [];
  #characters = 0;
  #lost = 0;
  #writing: Promise<void> | null = null;
  #stale = false;

  /** Takes over `file`. */
  constructor(path: string, file: Deno.FsFile, report: AuditFileReport) {
    this.#path = path;
    this.#file = file;
    this.#report = report;
  }

  /** Appends a row in the background; one there is no room for is counted and reported. */
  append(row: string): void {
    if (this.#characters + row.length > MAX_PENDING_CHARACTERS) {
      this.#lost++;
      return;
    }
    this.#lines.push(row, "\n");
    this.#characters += row.length;
    this.#writing ??= this.#write();
  }

  /** Opens the file anew under its name, because the old one was moved away. */
  reopen(): void {
    this.#stale = true;
    if (this.#writing === null) this.#openAgain();
  }

  /** Resolves when every accepted row was written or has failed. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  /** Writes what is waiting, then closes the file. */
  async close(): Promise<void> {
    await this.flushed();
    this.#file.close();
  }

  /** A file that cannot be opened now is reported; the old one goes on. */
  #openAgain(): void {
    this.#stale = false;
    const { file, error, warning } = openForRows(this.#path);
    if (error !== null) this.#report(error, 0);
    if (warning !== null) this.#report(warning, 0);
    if (file === null) return;
    this.#file.close();
    this.#file = file;
  }

  async #write(): Promise<void> {
    // Rows of the same turn go out together.
    await nextTurn();
    while (this.#lines.length > 0) {
      if (this.#stale) this.#openAgain();
      const bytes = this.#encoder.encode(this.#lines.join(""));
      this.#lines = [];
      this.#characters = 0;
      try {
        await writeAll(this.#file, bytes);
      } catch (error) {
        this.#report(`Cannot write audit file "${this.#path}": ${reasonOf(error)}`, 0);
      }
    }
    this.#writing = null;
    if (this.#stale) this.#openAgain();
    if (this.#lost === 0) return;
    this.#report(`Audit file "${this.#path}" did not keep up`, this.#lost);
    this.#lost = 0;
  }
}

/** Something that was opened, or why it was not, with what else the operator should know. */
interface Opened<T> {
  readonly file: T | null;
  readonly error: string | null;
  readonly warning: string | null;
}

/** An audit file, or why there is none. */
export type OpenedAuditFile = Opened<AuditFile>;

/** Opens an audit file for appending; its folders are created, its mode is made 0640. */
export function openAuditFile(path: string, report: AuditFileReport): OpenedAuditFile {
  const opened = openForRows(path);
  const { file } = opened;
  return { ...opened, file: file === null ? null : new AuditFile(path, file, report) };
}

function openForRows(path: string): Opened<Deno.FsFile> {
  try {
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (folder !== "") Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    const file = Deno.openSync(path, { append: true, create: true, mode: FILE_MODE });
    return { file, error: null, warning: narrowMode(path, file) };
  } catch (error) {
    const reason = `Cannot open audit file "${path}": ${reasonOf(error)}`;
    return { file: null, error: reason, warning: null };
  }
}

/** A file that was there may be open to others, or a creation mask may have closed it too much. */
function narrowMode(path: string, file: Deno.FsFile): string | null {
  const { isFile, mode } = file.statSync();
  // A pipe or a terminal has a mode that is not ours to choose.
  if (!isFile || mode === null) return null;
  const found = mode & 0o777;
  if (found === FILE_MODE) return null;
  Deno.chmodSync(path, FILE_MODE);
  const isWider = (found & ~FILE_MODE) !== 0;
  return isWider ? `Audit file "${path}" had mode ${found.toString(8)}, which is now 640` : null;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
