// The accept loop of the command socket and the set of connected clients, bounded. Knows sessions,
// not what they ask for.

import type { UnixListener } from "../io/unix_socket.ts";
import { loggerOf } from "../observe/log.ts";
import { ClientSession, type Executor, type SessionLimits } from "./client_session.ts";

/**
 * Clients connected at once. Tools, connectors and dashboards of one machine are a few dozen; the
 * file descriptors and buffers of the rest are worth more to main than a client that leaks them.
 */
const MAX_CLIENTS = 512;

/** Pause after a failed accept (no file descriptor left, as a rule), in milliseconds. */
const ACCEPT_RETRY_MS = 100;

/** Accepts clients and keeps track of them. */
export class CommandServer {
  readonly #listener: UnixListener;
  readonly #executor: Executor;
  readonly #limits: SessionLimits;
  readonly #clients = new Set<ClientSession>();
  readonly #log = loggerOf("supervisor::socket");
  #nextClientId = 0;
  #closed = false;

  constructor(listener: UnixListener, executor: Executor, limits: SessionLimits) {
    this.#listener = listener;
    this.#executor = executor;
    this.#limits = limits;
  }

  /** Clients connected now. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Accepts clients until closed. */
  async run(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#admit(await this.#listener.accept());
      } catch (error) {
        if (this.#closed) return;
        this.#log.error("Cannot accept a client: {error}", { error });
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY_MS));
      }
    }
  }

  /** Takes no further client and removes the socket's file; connected clients stay. */
  stopAccepting(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }

  /** Sends what is still to be sent to each client, then disconnects all. */
  async closeClients(): Promise<void> {
    await Promise.all([...this.#clients].map(async (client) => {
      await client.flush();
      client.close();
    }));
  }

  #admit(connection: Deno.UnixConn): void {
    if (this.#clients.size >= MAX_CLIENTS) {
      this.#log.warn("Refused a client: {count} are connected already", {
        count: this.#clients.size,
      });
      connection.close();
      return;
    }
    const session = new ClientSession(
      this.#nextClientId++,
      connection,
      this.#executor,
      this.#limits,
    );
    this.#clients.add(session);
    void session.run().finally(() => this.#clients.delete(session));
  }
}
