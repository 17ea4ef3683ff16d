// Messages to the service manager: one datagram each to the unix socket it names in the environment,
// by path or by abstract name. A message that cannot be sent is a problem to be told, never an error.

/** Longest abstract name, in bytes: what fits in a socket address behind its first zero byte. */
const MAX_NAME_BYTES = 107;

/** The sending side. */
export class NotifySocket {
  readonly #socket: Deno.DatagramConn;
  readonly #target: Deno.UnixAddr;
  readonly #encoder = new TextEncoder();

  private constructor(socket: Deno.DatagramConn, path: string) {
    this.#socket = socket;
    this.#target = { transport: "unixpacket", path };
  }

  /** Opens a way to the socket `name`, a path or an abstract name after `@`; or says why not. */
  static open(name: string): NotifySocket | string {
    const abstract = name.startsWith("@");
    if (!abstract && !name.startsWith("/")) {
      return `"${name}" is neither a path nor a name after "@"`;
    }
    if (new TextEncoder().encode(name).length > MAX_NAME_BYTES + 1) return `"${name}" is too long`;
    try {
      // The empty path asks the kernel for a name of its own, so that nothing is left in a folder.
      const socket = Deno.listenDatagram({ transport: "unixpacket", path: "" });
      return new NotifySocket(socket, abstract ? `\0${name.slice(1)}` : name);
    } catch (error) {
      return reason(error);
    }
  }

  /** Sends one message; resolves with the problem, or `null`. */
  async send(message: string): Promise<string | null> {
    try {
      await this.#socket.send(this.#encoder.encode(message), this.#target);
      return null;
    } catch (error) {
      return reason(error);
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/**
 * Microseconds of the clock that a service manager orders reloads by. The kernel tells them in
 * hundredths of a second: rounded up, since a time before the reload was asked for would not count.
 */
export function monotonicMicros(): bigint | null {
  try {
    const [seconds] = Deno.readTextFileSync("/proc/uptime").split(" ");
    return BigInt(Math.round(Number(seconds) * 100) + 1) * 10_000n;
  } catch {
    return null;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
