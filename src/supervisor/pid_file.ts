// The file that tells other programs which process is main: written at start, removed at the end, and
// left alone when it names a main process that is alive.

/** A PID file that holds this process's number. */
export class PidFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Writes the file; the reason when it belongs to somebody else or cannot be written. */
  static claim(path: string): PidFile | string {
    const owner = readPid(path);
    if (owner !== null && owner !== Deno.pid && isMain(owner)) {
      return `PID file "${path}" belongs to a main process that is running (pid ${owner}); ` +
        "stop that one first or choose another pid_file_path";
    }
    return PidFile.takeOver(path);
  }

  /** Writes the file, whoever it names; the reason when it cannot be written. */
  static takeOver(path: string): PidFile | string {
    try {
      Deno.writeTextFileSync(path, String(Deno.pid));
      return new PidFile(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `Cannot write PID file "${path}": ${reason}`;
    }
  }

  /** Removes the file, unless another process has put its own number there. */
  remove(): void {
    PidFile.removeOwn(this.#path);
  }

  /** Removes a file that holds the number of this process. */
  static removeOwn(path: string): void {
    try {
      if (readPid(path) === Deno.pid) Deno.removeSync(path);
    } catch {
      // It is gone already.
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
 * Whether a process is a main process of this program. Numbers are used again: after a restart of the
 * machine the one in the file is somebody else's.
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
