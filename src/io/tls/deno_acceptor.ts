// TLS with the sockets of Deno. It has the lowest cost for each request, but serves one certificate for every
// server name, and of the facts of the handshake only the ALPN protocol is known.

import { acceptUntilClosed } from "../listening/accept_loop.ts";
import type {
  Accepted,
  ByteStream,
  ConnectionSource,
  Endpoint,
  Sharing,
  TlsAcceptor,
} from "../contracts.ts";
import { denoStream } from "../net/deno_stream.ts";
import type { TlsCredentials } from "./credentials.ts";

/** See {@link TlsAcceptor}. */
export class DenoTlsAcceptor implements TlsAcceptor {
  readonly #credentials: TlsCredentials;
  readonly #alpn: readonly string[];

  constructor(credentials: TlsCredentials, alpn: readonly string[]) {
    this.#credentials = credentials;
    this.#alpn = alpn;
  }

  listen(
    { ip, port }: Endpoint,
    { shared }: Sharing = { shared: true },
  ): Promise<ConnectionSource> {
    const options = { hostname: ip, port, reusePort: shared, alpnProtocols: [...this.#alpn] };
    return this.#credentials.listenWith((texts) => {
      const listener = Deno.listenTls(
        { ...options, ...texts } as Deno.ListenTlsOptions & typeof texts,
      );
      return Promise.resolve(new DenoTlsSource(listener));
    });
  }

  async handshake(accepted: Accepted): Promise<Accepted> {
    const { connection } = accepted.stream as UnsecuredStream;
    const { alpnProtocol } = await connection.handshake();
    const tls = {
      serverName: null,
      version: null,
      cipher: null,
      alpn: alpnProtocol,
      resumed: false,
      certificateNames: null,
    };
    return { ...accepted, stream: denoStream(connection), tls };
  }
}

/**
 * A connection before its handshake. Deno does TLS below reads and writes, so nothing can be read or written
 * before the handshake.
 */
class UnsecuredStream implements ByteStream {
  readonly connection: Deno.TlsConn;

  constructor(connection: Deno.TlsConn) {
    this.connection = connection;
  }

  read(): Promise<number> {
    return Promise.reject(new Error("The handshake has not happened yet"));
  }

  write(): Promise<number> {
    return Promise.reject(new Error("The handshake has not happened yet"));
  }

  closeWrite(): Promise<void> {
    return Promise.reject(new Error("The handshake has not happened yet"));
  }

  close(): void {
    this.connection.close();
  }
}

class DenoTlsSource implements ConnectionSource {
  readonly #listener: Deno.TlsListener;
  #closed = false;

  constructor(listener: Deno.TlsListener) {
    this.#listener = listener;
  }

  get address(): Endpoint {
    return { ip: this.#listener.addr.hostname, port: this.#listener.addr.port };
  }

  acceptLoop(
    onAccept: (accepted: Accepted) => void,
    pause: (error: unknown) => Promise<void>,
  ): Promise<void> {
    const welcome = (connection: Deno.TlsConn) => {
      const { remoteAddr, localAddr } = connection;
      onAccept({
        stream: new UnsecuredStream(connection),
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
