// TLS with the runtime's own sockets: cheapest for each request, but it serves one certificate whatever
// name a client asks for, and tells only the negotiated protocol.

import { acceptUntilClosed } from "./accept_loop.ts";
import type { Accepted, ConnectionSource, Endpoint, TlsAcceptor } from "./contracts.ts";
import type { TlsCredentials } from "./tls_credentials.ts";

/** See {@link TlsAcceptor}. */
export class RuntimeTlsAcceptor implements TlsAcceptor {
  readonly #credentials: TlsCredentials;
  readonly #alpn: readonly string[];

  constructor(credentials: TlsCredentials, alpn: readonly string[]) {
    this.#credentials = credentials;
    this.#alpn = alpn;
  }

  listen({ ip, port }: Endpoint): Promise<ConnectionSource> {
    const options = { hostname: ip, port, reusePort: true, alpnProtocols: [...this.#alpn] };
    return this.#credentials.listenWith((texts) => {
      const listener = Deno.listenTls(
        { ...options, ...texts } as Deno.ListenTlsOptions & typeof texts,
      );
      return Promise.resolve(new RuntimeTlsSource(listener));
    });
  }

  async handshake(accepted: Accepted): Promise<Accepted> {
    const stream = accepted.stream as Deno.TlsConn;
    const { alpnProtocol } = await stream.handshake();
    const tls = {
      serverName: null,
      version: null,
      cipher: null,
      alpn: alpnProtocol,
      resumed: false,
      certificateNames: null,
    };
    return { ...accepted, tls };
  }
}

class RuntimeTlsSource implements ConnectionSource {
  readonly #listener: Deno.TlsListener;
  #closed = false;

  constructor(listener: Deno.TlsListener) {
    this.#listener = listener;
  }

  acceptLoop(
    onAccept: (accepted: Accepted) => void,
    pause: (error: unknown) => Promise<void>,
  ): Promise<void> {
    const welcome = (stream: Deno.TlsConn) => {
      const { remoteAddr, localAddr } = stream;
      onAccept({
        stream,
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
