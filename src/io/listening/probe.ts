// Proof that a listening socket is served: a connection of the worker to its own address that must come
// out of that socket's accept. While it is under way, connections from the same machine wait for the
// moment it takes to learn which of them is the probe; it never becomes a session.

import type { Accepted, Endpoint } from "../contracts.ts";

/** How long the connection may take to be made and accepted unless told, in milliseconds. */
const PROBE_MS = 1_000;

/** Connections held back at once; more are admitted, at the worst the probe among them. */
const MAX_HELD = 256;

/** One probe. */
export class SelfProbe {
  readonly #target: Endpoint;
  readonly #withinMs: number;
  readonly #seen = Promise.withResolvers<"accepted">();
  /** Port of our end of the connection; `null` until it is made. */
  #port: number | null = null;
  #held: { readonly accepted: Accepted; readonly admit: (accepted: Accepted) => void }[] = [];

  /** `withinMs`: how long the connection may take to be made and accepted. */
  constructor(endpoint: Endpoint, withinMs = PROBE_MS) {
    this.#withinMs = withinMs;
    this.#target = { ip: loopbackFor(endpoint.ip), port: endpoint.port };
  }

  /** A connection was accepted: keeps the probe, and admits what is another's. */
  offer(accepted: Accepted, admit: (accepted: Accepted) => void): void {
    const isOurs = accepted.peer.ip === this.#target.ip;
    if (!isOurs || (this.#port === null && this.#held.length >= MAX_HELD)) return admit(accepted);
    if (this.#port === null) this.#held.push({ accepted, admit });
    else this.#settle(accepted, admit);
  }

  /** Makes the connection; the reason when it does not come in within the time it has. */
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

  /** From now on the probe is known by its port, `0` for none at all. */
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

/** Where a socket that listens on every address of a family is reached. */
function loopbackFor(ip: string): string {
  if (ip === "0.0.0.0") return "127.0.0.1";
  return ip === "::" ? "::1" : ip;
}
