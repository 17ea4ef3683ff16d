// Plain TCP with the sockets of Deno: dialling backends and listening for clients.

import { acceptUntilClosed } from "../listening/accept_loop.ts";
import type {
  Accepted,
  ByteStream,
  ConnectionSource,
  Dialer,
  Endpoint,
  Sharing,
} from "../contracts.ts";
import { denoStream } from "./deno_stream.ts";

/** Opens TCP connections. */
export const tcpDialer: Dialer = {
  async connect(host: string, port: number, signal: AbortSignal): Promise<ByteStream> {
    const options = { hostname: host, port, signal, autoSelectFamily: false };
    return denoStream(await Deno.connect(options));
  },
};

const SHARED: Sharing = { shared: true };

/** A listening TCP socket of this process; the kernel shares its address between workers. */
export class TcpListener implements ConnectionSource {
  readonly #listener: Deno.TcpListener;
  #closed = false;

  private constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
  }

  /** Binds `address`; throws the error of the system. */
  static open(address: Endpoint, { shared }: Sharing = SHARED): TcpListener {
    return new TcpListener(
      Deno.listen({ hostname: address.ip, port: address.port, reusePort: shared }),
    );
  }

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
    const welcome = (connection: Deno.TcpConn) => {
      const { remoteAddr, localAddr } = connection;
      onAccept({
        stream: denoStream(connection),
        peer: { ip: remoteAddr.hostname, port: remoteAddr.port },
        destination: null,
        local: { ip: localAddr.hostname, port: localAddr.port },
        tls: null,
      });
    };
    return acceptUntilClosed(this.#listener, () => this.#closed, welcome, pause);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }
}
