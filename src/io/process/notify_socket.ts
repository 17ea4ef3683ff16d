// Messages to the service manager (sd_notify(3)): one datagram each to the unix socket in the environment, named
// by path or by abstract name. A message that cannot be sent is reported and never ends the process.

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

  /** Opens a socket that sends to `name`, a path or an abstract name after `@`; or says why not. */
  static open(name: string): NotifySocket | string {
    const abstract = name.startsWith("@");
    if (!abstract && !name.startsWith("/")) {
      return `"${name}" is neither a path nor a name after "@"`;
    }
    if (new TextEncoder().encode(name).length > MAX_NAME_BYTES + 1) return `"${name}" is too long`;
    try {
      // With an empty path the kernel chooses an abstract name: no file is left behind.
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
 * Microseconds of CLOCK_MONOTONIC, by which a service manager orders reloads. /proc/uptime has hundredths of a
 * second; they are rounded up, because a time before the request for the reload would be ignored.
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
