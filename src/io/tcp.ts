// Plain TCP: dialling backends and listening for clients with the runtime's own sockets.

import { acceptUntilClosed } from "./accept_loop.ts";
import type { Accepted, ByteStream, ConnectionSource, Dialer, Endpoint } from "./contracts.ts";
import { runtimeStream } from "./runtime_stream.ts";

/** Opens TCP connections. */
export const tcpDialer: Dialer = {
  async connect(host: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    const options = { hostname: host, port, signal, autoSelectFamily: false };
    return runtimeStream(await Deno.connect(options));
  },
};

/** A listening TCP socket of this process; the kernel shares its address between workers. */
export class TcpListener implements ConnectionSource {
  readonly #listener: Deno.TcpListener;
  #closed = false;

  private constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
  }

  /** Binds `address`; throws the system's error when that is not possible. */
  static open(address: Endpoint): TcpListener {
    return new TcpListener(
      Deno.listen({ hostname: address.ip, port: address.port, reusePort: true }),
    );
  }

  /** The bound address, with the real port when 0 was asked for. */
  get address(): Endpoint {
    return { ip: this.#listener.addr.hostname, port: this.#listener.addr.port };
  }

  get closed(): boolean {
    return this.#closed;
  }

  acceptLoop(
    onAccept: (accepted: Accepted) => void,
    pause: (error: unknown) => Promise<void>,
  ): Promise<void> {
    return acceptUntilClosed(
      this.#listener,
      () => this.#closed,
      (connection) => this.#welcome(connection, onAccept),
      pause,
    );
  }

  /** One connection that cannot be set up must not hold up the others. */
  #welcome(connection: Deno.TcpConn, onAccept: (accepted: Accepted) => void): void {
    try {
      const { remoteAddr, localAddr } = connection;
      onAccept({
        stream: runtimeStream(connection),
        peer: { ip: remoteAddr.hostname, port: remoteAddr.port },
        destination: null,
        local: { ip: localAddr.hostname, port: localAddr.port },
        tls: null,
      });
    } catch {
      connection.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }
}
