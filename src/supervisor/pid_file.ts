// The PID file of the main process: written at start and removed at the end. A file that names a main process that is
// alive is not overwritten.

/** A PID file that holds the pid of this process. */
export class PidFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Writes the file; the reason when it names another main process or cannot be written. */
  static claim(path: string): PidFile | string {
    const owner = readPid(path);
    if (owner !== null && owner !== Deno.pid && isMain(owner)) {
      return `PID file "${path}" belongs to a main process that is running (pid ${owner}); ` +
        "stop that one first or choose another pid_file_path";
    }
    return PidFile.takeOver(path);
  }

  /** Writes the file, whatever pid it holds; the reason when it cannot be written. */
  static takeOver(path: string): PidFile | string {
    try {
      Deno.writeTextFileSync(path, String(Deno.pid));
      return new PidFile(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `Cannot write PID file "${path}": ${reason}`;
    }
  }

  /** Removes the file, unless it holds the pid of another process. */
  remove(): void {
    PidFile.removeOwn(this.#path);
  }

  /** Removes a file that holds the pid of this process. */
  static removeOwn(path: string): void {
    try {
      if (readPid(path) === Deno.pid) Deno.removeSync(path);
    } catch {
      // It is removed already.
    }
  }
}

function readPid(path: string): number | null {
  try {
    const text = Deno.readTextFileSync(path).trim();
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

/**
 * Whether a process is a main process of this program. Pids are used again: after a restart of the machine the pid
 * in the file may be that of another program.
 */
function isMain(pid: number): boolean {
  try {
    const own = Deno.readLinkSync("/proc/self/exe");
    if (Deno.readLinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "") !== own) return false;
    const args = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
    return args.includes("start") &&
      (Deno.build.standalone || args.some((arg) => arg.endsWith("main.ts")));
  } catch {
    return false;
  }
}
