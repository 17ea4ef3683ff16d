// A transport over a unix stream socket: the only file of the client that touches Deno's sockets.

import { ClientError } from "./error.ts";
import type { Transport } from "./transport.ts";

// One read never returns more; answers of several hundred kilobytes then take few system calls.
const READ_BUFFER_BYTES = 64 * 1024;

class UnixTransport implements Transport {
  readonly #socket: Deno.UnixConn;
  readonly #buffer = new Uint8Array(READ_BUFFER_BYTES);
  #closed = false;

  constructor(socket: Deno.UnixConn) {
    this.#socket = socket;
  }

  async read(): Promise<Uint8Array | null> {
    const count = await this.#socket.read(this.#buffer);
    return count === null ? null : this.#buffer.slice(0, count);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      written += await this.#socket.write(bytes.subarray(written));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

/** Connects to the unix socket at `path`. Rejects with a `ClientError` of kind `cannot_connect`. */
export async function dialUnix(path: string): Promise<Transport> {
  try {
    return new UnixTransport(await Deno.connect({ transport: "unix", path }));
  } catch (cause) {
    throw new ClientError(
      "cannot_connect",
      `Cannot connect to the command socket "${path}": ${reasonOf(cause)}`,
      { cause },
    );
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "there is no such socket";
  if (cause instanceof Deno.errors.ConnectionRefused) return "nobody is listening on it";
  if (
    cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable
  ) return "permission denied";
  return cause instanceof Error ? cause.message : String(cause);
}
