// Proves that a listening socket is served: the worker connects to its own address, and its socket must accept
// that connection. Meanwhile connections from the same machine are held back until it is known which of them
// is the probe; the probe never becomes a session.

import type { Accepted, Endpoint } from "../contracts.ts";

/** How long the connection may take to be made and accepted unless told, in milliseconds. */
const PROBE_MS = 1_000;

/** Most connections held back; further ones are admitted, in the worst case the probe as well. */
const MAX_HELD = 256;

/** One probe. */
export class SelfProbe {
  readonly #target: Endpoint;
  readonly #withinMs: number;
  readonly #seen = Promise.withResolvers<"accepted">();
  /** Local port of the probe; `null` until it is connected. */
  #port: number | null = null;
  #held: { readonly accepted: Accepted; readonly admit: (accepted: Accepted) => void }[] = [];

  /** `withinMs`: how long the connection may take to be made and accepted. */
  constructor(endpoint: Endpoint, withinMs = PROBE_MS) {
    this.#withinMs = withinMs;
    this.#target = { ip: loopbackFor(endpoint.ip), port: endpoint.port };
  }

  /** A connection was accepted: keeps it if it is the probe, and admits it otherwise. */
  offer(accepted: Accepted, admit: (accepted: Accepted) => void): void {
    const isOurs = accepted.peer.ip === this.#target.ip;
    if (!isOurs || (this.#port === null && this.#held.length >= MAX_HELD)) return admit(accepted);
    if (this.#port === null) this.#held.push({ accepted, admit });
    else this.#settle(accepted, admit);
  }

  /** Connects; the reason when the connection is not accepted in time. */
  async run(): Promise<string | null> {
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), this.#withinMs);
    let connection: Deno.TcpConn | null = null;
    try {
      const { ip: hostname, port } = this.#target;
      const connecting = Deno.connect({ hostname, port });
      const made = await Promise.race([connecting, late.promise]);
      if (made === "late") {
        connecting.then((one) => one.close(), () => {});
        return `No connection could be made within ${this.#withinMs} ms`;
      }
      connection = made;
      this.#release(connection.localAddr.port);
      const outcome = await Promise.race([this.#seen.promise, late.promise]);
      return outcome === "accepted" ? null : `The connection was not accepted here`;
    } catch (error) {
      return `No connection could be made: ${error instanceof Error ? error.message : error}`;
    } finally {
      clearTimeout(timer);
      this.#release(this.#port ?? 0);
      connection?.close();
    }
  }

  /** The local port of the probe is known now; `0` for none. */
  #release(port: number): void {
    this.#port = port;
    for (const { accepted, admit } of this.#held.splice(0)) this.#settle(accepted, admit);
  }

  #settle(accepted: Accepted, admit: (accepted: Accepted) => void): void {
    if (accepted.peer.port !== this.#port) return admit(accepted);
    accepted.stream.close();
    this.#seen.resolve("accepted");
  }
}

/** The loopback address to reach a socket that listens on every address of a family. */
function loopbackFor(ip: string): string {
  if (ip === "0.0.0.0") return "127.0.0.1";
  return ip === "::" ? "::1" : ip;
}
