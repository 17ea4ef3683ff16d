// TLS with the sockets of Deno. It has the lowest cost for each request, but serves one certificate for every
// server name, and of the facts of the handshake only the ALPN protocol is known.

import type {
  Accepted,
  ByteStream,
  ConnectionSource,
  Endpoint,
  Sharing,
  TlsAcceptor,
} from "../contracts.ts";
import { DenoSource } from "../net/deno_source.ts";
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
      const unsecured = (connection: Deno.TlsConn) => new UnsecuredStream(connection);
      return Promise.resolve(new DenoSource(listener, unsecured));
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
