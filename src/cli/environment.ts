// The environment of the command line: files, terminal, signals. It is the only file of src/cli that uses Deno.
// Commands get it as an argument, so tests can replace it.

/** Files, terminal and environment of the invocation. */
export interface CliEnvironment {
  readonly cwd: string;
  /** True when stdout is a terminal that understands cursor movements. */
  readonly stdoutIsTerminal: boolean;
  /** Cells of a line of the terminal; `null` where stdout is none and COLUMNS says nothing. */
  readonly columns: number | null;
  variable(name: string): string | undefined;
  /** Contents of a UTF-8 file. Throws with the reason. */
  readTextFile(path: string): string;
  /** Bytes of a file, or of standard input for `-`, up to `maxBytes`. Throws with the reason. */
  readBytes(path: string, maxBytes: number): Uint8Array;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Fires when the user interrupts (Ctrl-C) or the process is asked to end. */
  readonly interrupted: AbortSignal;
  /** Resolves after `ms` milliseconds, or at once when interrupted. */
  sleep(ms: number): Promise<void>;
}

/** The environment of this process. `release` removes the signal handlers that `interrupted` needs. */
export function denoEnvironment(): CliEnvironment & { release(): void } {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, interrupt);
  return {
    cwd: Deno.cwd(),
    stdoutIsTerminal: Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb",
    columns: columnsOf(Deno.stdout.isTerminal(), Deno.env.get("COLUMNS")),
    variable: (name) => Deno.env.get(name),
    readTextFile: (path) => Deno.readTextFileSync(path),
    readBytes: readBounded,
    stdout: (text) => writeAll(Deno.stdout, text),
    stderr: (text) => writeAll(Deno.stderr, text),
    interrupted: interruption.signal,
    sleep: (ms) => sleepUnless(interruption.signal, ms),
    release() {
      for (const signal of signals) Deno.removeSignalListener(signal, interrupt);
    },
  };
}

/** The width of the terminal; for a pipe the one in COLUMNS. */
function columnsOf(isTerminal: boolean, variable: string | undefined): number | null {
  if (isTerminal) {
    try {
      const { columns } = Deno.consoleSize();
      if (columns > 0) return columns;
    } catch {
      // The terminal does not report its size.
    }
  }
  return variable !== undefined && /^[1-9][0-9]{0,4}$/.test(variable) ? Number(variable) : null;
}

function readBounded(path: string, maxBytes: number): Uint8Array {
  using file = path === "-" ? null : Deno.openSync(path);
  const source = file ?? Deno.stdin;
  const bytes = new Uint8Array(maxBytes + 1);
  let end = 0;
  for (let count: number | null = 0; count !== null && end < bytes.length;) {
    count = source.readSync(bytes.subarray(end));
    end += count ?? 0;
  }
  if (end > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
  return bytes.subarray(0, end);
}

function writeAll(file: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let written = 0; written < bytes.length;) {
      written += file.writeSync(bytes.subarray(written));
    }
  } catch (error) {
    // `sozu ... | head` closes the pipe early, which is no failure.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function sleepUnless(interrupted: AbortSignal, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = () => resolve();
  interrupted.addEventListener("abort", wake, { once: true });
  if (interrupted.aborted) resolve();
  return promise.finally(() => {
    clearTimeout(timer);
    interrupted.removeEventListener("abort", wake);
  });
}
