// Plain TCP: dialling backends and listening for clients with the runtime's own sockets. A `Deno.Conn`
// already has the shape of a ByteStream, so nothing is wrapped.

import { acceptUntilClosed } from "./accept_loop.ts";
import type { Accepted, ByteStream, ConnectionSource, Dialer, Endpoint } from "./contracts.ts";

/** Opens TCP connections. Small writes are never held back for company. */
export const tcpDialer: Dialer = {
  async connect(host: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    const stream = await Deno.connect({ hostname: host, port, signal, autoSelectFamily: false });
    stream.setNoDelay(true);
    return stream;
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
      (stream) => this.#welcome(stream, onAccept),
      pause,
    );
  }

  /** One connection that cannot be set up must not hold up the others. */
  #welcome(stream: Deno.TcpConn, onAccept: (accepted: Accepted) => void): void {
    try {
      stream.setNoDelay(true);
      const { remoteAddr, localAddr } = stream;
      onAccept({
        stream,
        peer: { ip: remoteAddr.hostname, port: remoteAddr.port },
        destination: null,
        local: { ip: localAddr.hostname, port: localAddr.port },
        tls: null,
      });
    } catch {
      stream.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }
}
