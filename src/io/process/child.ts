// A child process: its standard input and output are pipes to this process, its standard error is that of this
// process.

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number;
  readonly signal: string | null;
}

/** A running child with its two pipes. */
export interface PipedProcess {
  readonly pid: number;
  /** The next bytes the child wrote; `null` once it closed its output. */
  read(): Promise<Uint8Array | null>;
  /** Writes all bytes to the child's input; rejects once the child closed it. */
  write(bytes: Uint8Array): Promise<void>;
  /** Closes the input of the child. */
  closeInput(): void;
  /** Sends a signal; no error when the child has ended. */
  kill(signal: Deno.Signal): void;
  /** Resolves when the child has ended and was reaped. */
  readonly ended: Promise<ProcessEnd>;
}

/** Starts a program; throws when the executable cannot be run. */
export function spawnPiped(command: string, args: readonly string[]): PipedProcess {
  return new ChildPipes(
    new Deno.Command(command, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn(),
  );
}

class ChildPipes implements PipedProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;

  constructor(child: Deno.ChildProcess) {
    this.pid = child.pid;
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#input.closed.catch(() => {}); // reported by the write that failed
    this.#output = child.stdout.getReader();
    this.ended = child.status.then(({ code, signal }) => ({ code, signal }));
  }

  async read(): Promise<Uint8Array | null> {
    const { value, done } = await this.#output.read();
    return done ? null : value;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#input.write(bytes as Uint8Array<ArrayBuffer>);
  }

  closeInput(): void {
    this.#input.close().catch(() => {}); // the child may have closed its end already
  }

  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
  }
}

/** A running process that shares the outputs of this one and survives it. */
export interface LooseProcess {
  readonly pid: number;
  kill(): void;
  readonly ended: Promise<ProcessEnd>;
}

/** Starts a program that does not end with this one; throws when the executable cannot be run. */
export function spawnLoose(command: string, args: readonly string[]): LooseProcess {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  child.unref();
  return {
    pid: child.pid,
    kill: () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // Reaped already.
      }
    },
    ended: child.status.then(({ code, signal }) => ({ code, signal })),
  };
}
