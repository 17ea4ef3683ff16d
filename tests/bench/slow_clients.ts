// Crowds of clients that hold connections as cheaply as they can: heads that drip, responses that are
// hardly read, connections that say nothing. Who is thrown out comes back, as an attacker would.

import { connectRaw } from "../support/raw_client.ts";
import { pause } from "../support/wait.ts";
import { fromLatin1, type Wire } from "../support/wire.ts";
import { HOST } from "./contenders.ts";
import { BULK_PATH } from "./nginx_backend.ts";

/** Clients that act in the same moment; the others wait for theirs. */
const SLICES = 20;
/** How often each client does a little. */
const TURN_MS = 1_000;

/** What one client does each second. */
interface Manner {
  /** Says the first words on a fresh connection. */
  begin(wire: Wire): Promise<void>;
  /** Does a little; throws when the connection has ended. */
  go(wire: Wire): Promise<void>;
}

const SLOW_HEAD: Manner = {
  begin: (wire) => wire.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Slow: `),
  go: (wire) => wire.write("x"),
};

const ONE_BYTE = new Uint8Array(1);

const SLOW_READER: Manner = {
  begin: (wire) => wire.write(`GET ${BULK_PATH} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`),
  async go(wire) {
    if (await wire.conn.read(ONE_BYTE) === null) throw new Error("The response has ended");
  },
};

/** A crowd at work until it is dismissed. */
export class SlowClients {
  readonly #port: number;
  readonly #manner: Manner;
  readonly #wires: (Wire | null)[];
  #dismissed = false;
  #working: Promise<unknown> = Promise.resolve();
  /** Connections that were opened again after the proxy had ended them. */
  returned = 0;

  private constructor(port: number, manner: Manner, count: number) {
    this.#port = port;
    this.#manner = manner;
    this.#wires = new Array(count).fill(null);
  }

  /** `count` clients whose request heads come one byte a second. */
  static dripHeads(port: number, count: number): Promise<SlowClients> {
    return new SlowClients(port, SLOW_HEAD, count).#begin();
  }

  /** `count` clients that ask for a large body and read one byte a second. */
  static hardlyRead(port: number, count: number): Promise<SlowClients> {
    return new SlowClients(port, SLOW_READER, count).#begin();
  }

  /** Connections open right now. */
  get open(): number {
    return this.#wires.filter((wire) => wire !== null).length;
  }

  /** Closes every connection. */
  async dismiss(): Promise<void> {
    this.#dismissed = true;
    for (const wire of this.#wires) wire?.close();
    await this.#working;
  }

  async #begin(): Promise<SlowClients> {
    for (let i = 0; i < this.#wires.length; i++) await this.#connect(i);
    this.#working = Promise.all(Array.from({ length: SLICES }, (_, slice) => this.#work(slice)));
    return this;
  }

  /** One slice of the crowd, each second at its own moment. */
  async #work(slice: number): Promise<void> {
    await pause(slice * TURN_MS / SLICES);
    while (!this.#dismissed) {
      const start = performance.now();
      for (let i = slice; i < this.#wires.length && !this.#dismissed; i += SLICES) {
        await this.#act(i);
      }
      await pause(Math.max(0, start + TURN_MS - performance.now()));
    }
  }

  async #act(index: number): Promise<void> {
    const wire = this.#wires[index];
    try {
      if (wire !== null && wire !== undefined) return await this.#manner.go(wire);
    } catch {
      wire?.close();
      this.#wires[index] = null;
    }
    if (this.#dismissed) return;
    this.returned++;
    await this.#connect(index);
  }

  async #connect(index: number): Promise<void> {
    try {
      const wire = await connectRaw(this.#port);
      this.#wires[index] = wire;
      await this.#manner.begin(wire);
    } catch {
      // Refused: the next turn tries again.
    }
  }
}

/** Opens `count` connections that have been served once and then say nothing. */
export async function idleClients(port: number, count: number): Promise<Wire[]> {
  const wires: Wire[] = [];
  const request = fromLatin1(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  for (let i = 0; i < count; i++) {
    const wire = await connectRaw(port);
    wires.push(wire);
    await wire.write(request);
    await wire.readThrough("\r\n\r\n");
  }
  return wires;
}
