// Connections of Deno as byte streams. The public methods `read` and `write` wrap an internal operation in two
// more promises, which is a measurable part of the cost of a request, so the operation is called directly. It is
// not part of Deno's public interface: where it is not found, the public methods are used.

import type { ByteStream } from "../contracts.ts";

/** A connection of Deno. */
export type DenoConnection =
  & Pick<Deno.Conn, "read" | "write" | "closeWrite" | "close">
  & Partial<Pick<Deno.TcpConn, "setNoDelay">>;

/** The internal operations of Deno on a connection, which is named by its resource id. */
export interface StreamOperations {
  /** Resolves with the number of bytes read, 0 at the end. */
  read(resource: number, into: Uint8Array): Promise<number>;
  write(resource: number, from: Uint8Array): Promise<number>;
}

/** The internal operations; `null` where this version of Deno does not have them. */
export const streamOperations: StreamOperations | null = findOperations();

/**
 * A stream over `connection`, which belongs to the stream from now on. Small writes are never delayed
 * (TCP_NODELAY).
 */
export function denoStream(
  connection: DenoConnection,
  operations: StreamOperations | null = streamOperations,
): ByteStream {
  const resource = resourceOf(connection);
  if (operations === null || resource === null) return new MethodStream(connection);
  return new DirectStream(connection, resource, operations);
}

/** Reads and writes with the internal operations. */
class DirectStream implements ByteStream {
  readonly #connection: DenoConnection;
  readonly #resource: number;
  readonly #operations: StreamOperations;
  /** Nothing has been written yet. */
  #first = true;
  #delays = true;

  constructor(connection: DenoConnection, resource: number, operations: StreamOperations) {
    this.#connection = connection;
    this.#resource = resource;
    this.#operations = operations;
  }

  read(into: Uint8Array): Promise<number> {
    return this.#operations.read(this.#resource, into);
  }

  write(from: Uint8Array): Promise<number> {
    if (this.#delays) this.#hasten();
    return this.#operations.write(this.#resource, from);
  }

  /**
   * The kernel delays a small write only while an earlier one is unacknowledged, so a connection with a single
   * answer does not need the system call.
   */
  #hasten(): void {
    if (this.#first) {
      this.#first = false;
      return;
    }
    this.#delays = false;
    setNoDelay(this.#connection);
  }

  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): void {
    closeOnce(this.#connection);
  }
}

/** Reads and writes with the public methods. */
class MethodStream implements ByteStream {
  readonly #connection: DenoConnection;

  constructor(connection: DenoConnection) {
    this.#connection = connection;
    setNoDelay(connection);
  }

  async read(into: Uint8Array): Promise<number> {
    return await this.#connection.read(into) ?? 0;
  }

  write(from: Uint8Array): Promise<number> {
    return this.#connection.write(from);
  }

  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  close(): void {
    closeOnce(this.#connection);
  }
}

/** Deno throws when a connection is closed twice. */
function closeOnce(connection: DenoConnection): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

function setNoDelay(connection: DenoConnection): void {
  try {
    connection.setNoDelay?.(true);
  } catch {
    // The connection was reset: the write reports it.
  }
}

function findOperations(): StreamOperations | null {
  const key: unknown = Reflect.get(Deno, "internal");
  if (typeof key !== "symbol") return null;
  const inside: unknown = Reflect.get(Deno, key);
  if (typeof inside !== "object" || inside === null) return null;
  const core: unknown = Reflect.get(inside, "core");
  if (typeof core !== "object" || core === null) return null;
  const read: unknown = Reflect.get(core, "read");
  const write: unknown = Reflect.get(core, "write");
  if (typeof read !== "function" || typeof write !== "function") return null;
  return {
    read: read as StreamOperations["read"],
    write: write as StreamOperations["write"],
  };
}

/** The resource id of the connection; `null` where Deno does not provide it. */
function resourceOf(connection: DenoConnection): number | null {
  for (const key of Object.getOwnPropertySymbols(connection)) {
    if (key.description !== "Deno.internal.rid") continue;
    const resource: unknown = Reflect.get(connection, key);
    return typeof resource === "number" ? resource : null;
  }
  return null;
}
