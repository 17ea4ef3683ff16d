// Connections of the runtime as byte streams. The runtime's own `read` and `write` methods wrap the
// operation that does the work in two more promises and some bookkeeping, which is felt when that is
// most of what a request costs; so the operation is called directly where the runtime lets us. It is not
// part of the runtime's public interface: where it is not found, the public methods serve.

import type { ByteStream } from "../contracts.ts";

/** What a connection of the runtime has to offer. */
export type DenoConnection =
  & Pick<Deno.Conn, "read" | "write" | "closeWrite" | "close">
  & Partial<Pick<Deno.TcpConn, "setNoDelay">>;

/** The operations of the runtime on an open connection, which it knows by number. */
export interface StreamOperations {
  /** Resolves with the number of bytes read, 0 at the end. */
  read(resource: number, into: Uint8Array): Promise<number>;
  write(resource: number, from: Uint8Array): Promise<number>;
}

/** The operations of this runtime; `null` where they are not where they are looked for. */
export const streamOperations: StreamOperations | null = findOperations();

/**
 * A stream over `connection`; from now on the connection is the stream's. Small writes are never held back
 * for company.
 */
export function denoStream(
  connection: DenoConnection,
  operations: StreamOperations | null = streamOperations,
): ByteStream {
  const resource = resourceOf(connection);
  if (operations === null || resource === null) return new MethodStream(connection);
  return new DirectStream(connection, resource, operations);
}

/** Reads and writes by the runtime's operations. */
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
   * The kernel holds a small write back only while one before it is on its way: a connection that carries
   * a single answer is spared the call.
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

/** Reads and writes by the connection's public methods. */
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

/** The runtime throws when a connection is closed that is closed already. */
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
    // The connection is gone, as the write will tell.
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

/** The number by which the runtime knows the connection; `null` where it does not say. */
function resourceOf(connection: DenoConnection): number | null {
  for (const key of Object.getOwnPropertySymbols(connection)) {
    if (key.description !== "Deno.internal.rid") continue;
    const resource: unknown = Reflect.get(connection, key);
    return typeof resource === "number" ? resource : null;
  }
  return null;
}
