// Connections accepted by a listening socket of Deno, plain or TLS.

import { acceptUntilClosed } from "../listening/accept_loop.ts";
import type { Accepted, ByteStream, ConnectionSource, Endpoint } from "../contracts.ts";

/** A listening socket of Deno, see `Deno.TcpListener`. */
interface DenoListener<C> {
  readonly addr: Deno.NetAddr;
  accept(): Promise<C>;
  close(): void;
}

/** A listening socket of this process. */
export class DenoSource<C extends Deno.TcpConn | Deno.TlsConn> implements ConnectionSource {
  readonly #listener: DenoListener<C>;
  readonly #streamOf: (connection: C) => ByteStream;
  #closed = false;

  /** `streamOf` makes a connection the stream's own. */
  constructor(listener: DenoListener<C>, streamOf: (connection: C) => ByteStream) {
    this.#listener = listener;
    this.#streamOf = streamOf;
  }

  get address(): Endpoint {
    return endpointOf(this.#listener.addr);
  }

  get closed(): boolean {
    return this.#closed;
  }

  acceptLoop(
    onAccept: (accepted: Accepted) => void,
    pause: (error: unknown) => Promise<void>,
  ): Promise<void> {
    const welcome = (connection: C) => {
      const { remoteAddr, localAddr } = connection;
      onAccept({
        stream: this.#streamOf(connection),
        peer: endpointOf(remoteAddr),
        destination: null,
        local: endpointOf(localAddr),
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

function endpointOf({ hostname, port }: Deno.NetAddr): Endpoint {
  return { ip: hostname, port };
}
