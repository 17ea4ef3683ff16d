// The accept loop of the command socket and the set of connected clients, which is bounded.

import { MAX_COMMAND_CLIENTS } from "../../../config/defaults.ts";
import { AcceptPause, acceptUntilClosed } from "../../io/listening/accept_loop.ts";
import { PeerCredentialSource } from "../../io/net/peer_credentials.ts";
import { PeerNames } from "../../io/net/peer_identity.ts";
import type { UnixListener } from "../../io/net/unix_socket.ts";
import { loggerOf } from "../../observe/log/log.ts";
import type { UlidSource } from "../../protocol/http/ids/ulid.ts";
import type { ClientIdentity } from "./identity.ts";
import { ClientSession, type Executor, type SessionLimits } from "./client_session.ts";

/** What a server is made of. */
export interface CommandServerParts {
  readonly listener: UnixListener;
  readonly executor: Executor;
  readonly limits: SessionLimits;
  readonly ulids: UlidSource;
  /** Milliseconds since 1970, with fractions. */
  readonly now: () => number;
  /** Number of the first client. */
  readonly firstClientId: number;
}

/** Accepts clients and closes them at the end. */
export class CommandServer {
  readonly #parts: CommandServerParts;
  readonly #clients = new Set<ClientSession>();
  readonly #log = loggerOf("supervisor::socket");
  readonly #credentials: PeerCredentialSource | null;
  readonly #names = new PeerNames();
  #nextClientId: number;
  #closed = false;

  constructor(parts: CommandServerParts) {
    this.#parts = parts;
    this.#nextClientId = parts.firstClientId;
    const credentials = PeerCredentialSource.open();
    this.#credentials = credentials instanceof PeerCredentialSource ? credentials : null;
    if (typeof credentials === "string") {
      this.#log.warn("Users of the command socket are unknown: {reason}", { reason: credentials });
    }
  }

  /** Whether the users of clients are known. */
  get knowsPeers(): boolean {
    return this.#credentials !== null;
  }

  /** Number of the next client. */
  get nextClientId(): number {
    return this.#nextClientId;
  }

  /** Clients connected now. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Accepts clients until closed. */
  run(): Promise<void> {
    const pause = new AcceptPause((reason, count) =>
      this.#log.error("Clients cannot be accepted ({count} times): {reason}", { reason, count })
    );
    return acceptUntilClosed(
      this.#parts.listener,
      () => this.#closed,
      // In the same turn, before another connection is accepted: see PeerCredentialSource.
      (connection) => this.#admit(connection, this.#identify(connection)),
      pause.after,
    );
  }

  /** Accepts no further client and removes the file of the socket; connected clients stay. */
  stopAccepting(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.listener.close();
  }

  /** Writes the queued answers of each client, then disconnects it. */
  async closeClients(): Promise<void> {
    await Promise.all([...this.#clients].map(async (client) => {
      await client.flush();
      client.close();
    }));
  }

  #identify(connection: Deno.UnixConn): ClientIdentity {
    const { ulids, now } = this.#parts;
    const credentials = this.#credentials?.ofNewest(connection) ?? null;
    return {
      id: this.#nextClientId++,
      ulid: ulids.next(),
      connectedAt: now(),
      peer: this.#names.identify(credentials),
    };
  }

  #admit(connection: Deno.UnixConn, identity: ClientIdentity): void {
    if (this.#clients.size >= MAX_COMMAND_CLIENTS) {
      this.#log.warn("Refused a client: {count} are connected already", {
        count: this.#clients.size,
      });
      connection.close();
      return;
    }
    const { executor, limits } = this.#parts;
    const session = new ClientSession(identity, connection, executor, limits);
    this.#clients.add(session);
    void session.run().finally(() => this.#clients.delete(session));
  }
}
