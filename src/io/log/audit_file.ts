// A file of audit rows: opened once, appended to, readable by its owner and group only. Rows are written in the
// background, many at a time, so that changes do not wait for the disk. The queue is bounded for the case that
// the disk hangs.

import { nextTurn } from "../net/turn.ts";
import { writeAll } from "../net/write_all.ts";

/** Most characters of queued rows. */
const MAX_PENDING_CHARACTERS = 16 * 1024 * 1024;

const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** Called with a problem for the operator; `lost` is the number of rows that did not fit. */
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

  /** Appends a row in the background; a row that does not fit is counted and reported. */
  append(row: string): void {
    if (this.#characters + row.length > MAX_PENDING_CHARACTERS) {
      this.#lost++;
      return;
    }
    this.#lines.push(row, "\n");
    this.#characters += row.length;
    this.#writing ??= this.#write();
  }

  /** Opens the file anew under its name, after log rotation moved the old one away. */
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

  /** When the file cannot be opened, that is reported and the old one stays in use. */
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
    // Rows of the same turn of the event loop are written together.
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

/** An opened file, or why it could not be opened, and a warning for the operator. */
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

/** An existing file may have another mode, and the umask may have removed bits. */
function narrowMode(path: string, file: Deno.FsFile): string | null {
  const { isFile, mode } = file.statSync();
  // The mode of a pipe or a terminal is not changed.
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
