// A child process whose standard input and output carry bytes for us, and its standard error goes
// where ours goes. Knows nothing of what the bytes mean or why the process was started.

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
  /** Closes the child's input, which tells it that nothing more will come. */
  closeInput(): void;
  /** Sends a signal; harmless when the child is gone. */
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
      // Reaped already: there is nothing left to signal.
    }
  }
}

/** A running process that writes where this one does, and outlives it. */
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
