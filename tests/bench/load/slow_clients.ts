// Crowds of clients that hold connections as cheaply as they can: heads that drip, responses that are
// hardly read, connections that say nothing. Who is thrown out comes back, as an attacker would.

import { connectRaw } from "../../support/http/raw_client.ts";
import { pause } from "../../support/wait.ts";
import { fromLatin1, type Wire } from "../../support/session/wire.ts";
import { HOST } from "../contenders/contender.ts";
import { NarrowSocket } from "./narrow_socket.ts";
import { BULK_PATH } from "../contenders/nginx_backend.ts";

/** Clients that act in the same moment; the others wait for theirs. */
const SLICES = 20;
/** How often each client does a little. */
const TURN_MS = 1_000;

/** One connection of a crowd. */
interface SlowClient {
  /** Does a little; throws when the connection has ended. */
  go(): void | Promise<void>;
  close(): void;
}

/** Opens a connection and says the first words. */
type Enter = (port: number) => Promise<SlowClient>;

async function slowHead(port: number): Promise<SlowClient> {
  const wire = await connectRaw(port);
  await wire.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Slow: `);
  return { go: () => wire.write("x"), close: () => wire.close() };
}

const BULK_REQUEST = new Uint8Array(
  fromLatin1(`GET ${BULK_PATH} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`),
);

async function slowReader(port: number): Promise<SlowClient> {
  const socket = await NarrowSocket.connect(port);
  socket.send(BULK_REQUEST);
  return { go: () => socket.takeByte(), close: () => socket.close() };
}

/** A crowd at work until it is dismissed. */
export class SlowClients {
  readonly #port: number;
  readonly #enter: Enter;
  readonly #clients: (SlowClient | null)[];
  #dismissed = false;
  #working: Promise<unknown> = Promise.resolve();
  /** Connections that were opened again after the proxy had ended them. */
  returned = 0;

  private constructor(port: number, enter: Enter, count: number) {
    this.#port = port;
    this.#enter = enter;
    this.#clients = new Array(count).fill(null);
  }

  /** `count` clients whose request heads come one byte a second. */
  static dripHeads(port: number, count: number): Promise<SlowClients> {
    return new SlowClients(port, slowHead, count).#begin();
  }

  /** `count` clients that ask for a large body and read one byte a second. */
  static hardlyRead(port: number, count: number): Promise<SlowClients> {
    return new SlowClients(port, slowReader, count).#begin();
  }

  /** Connections open right now. */
  get open(): number {
    return this.#clients.filter((client) => client !== null).length;
  }

  /** Closes every connection. */
  async dismiss(): Promise<void> {
    this.#dismissed = true;
    for (const client of this.#clients) client?.close();
    await this.#working;
  }

  async #begin(): Promise<SlowClients> {
    for (let i = 0; i < this.#clients.length; i++) await this.#connect(i);
    this.#working = Promise.all(Array.from({ length: SLICES }, (_, slice) => this.#work(slice)));
    return this;
  }

  /** One slice of the crowd, each second at its own moment. */
  async #work(slice: number): Promise<void> {
    await pause(slice * TURN_MS / SLICES);
    while (!this.#dismissed) {
      const start = performance.now();
      for (let i = slice; i < this.#clients.length && !this.#dismissed; i += SLICES) {
        await this.#act(i);
      }
      await pause(Math.max(0, start + TURN_MS - performance.now()));
    }
  }

  async #act(index: number): Promise<void> {
    const client = this.#clients[index];
    try {
      if (client !== null && client !== undefined) return await client.go();
    } catch {
      client?.close();
      this.#clients[index] = null;
    }
    if (this.#dismissed) return;
    this.returned++;
    await this.#connect(index);
  }

  async #connect(index: number): Promise<void> {
    // Refused: the next turn tries again.
    this.#clients[index] = await this.#enter(this.#port).catch(() => null);
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
