// TLS with the sockets of Deno's Node.js library: the certificate of each handshake is chosen by the server name
// of the client, and the facts of the handshake are known. It is used where the engine is not found.

import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { cipherName } from "./cipher_name.ts";
import { nodeNet } from "../node_library.ts";
import type { Accepted, ConnectionSource, Endpoint, Sharing, TlsFacts } from "../contracts.ts";
import { NodeTcpStream } from "../net/node_tcp_stream.ts";
import { NodeTlsStream } from "./node_stream.ts";
import {
  type ChosenCertificate,
  normalServerName,
  type SniTlsAcceptor,
  type SniTlsSettings,
} from "./sni_settings.ts";

/** Backlog of the listening socket, as in sozu. */
const BACKLOG = 1024;

/** See {@link SniTlsAcceptor}. */
export class NodeTlsAcceptor implements SniTlsAcceptor {
  settings: SniTlsSettings;
  readonly usesPlainSockets = false;

  constructor(settings: SniTlsSettings) {
    this.settings = settings;
  }

  listen(
    address: Endpoint,
    { shared }: Sharing = { shared: true },
  ): Promise<ConnectionSource> {
    return NodeTcpSource.open(address, shared);
  }

  async handshake(accepted: Accepted): Promise<Accepted> {
    const { stream } = accepted;
    if (!(stream instanceof NodeTcpStream)) throw new TypeError("accepted by another listener");
    const { alpn, choose, clientAuth = null } = this.settings;
    if (clientAuth !== null) throw new TypeError("this acceptor asks clients for nothing");
    let chosen: ChosenCertificate | null = null;
    let serverName = "";
    const secured = new NodeTlsStream(stream.socket, {
      isServer: true,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      SNICallback: (name, answer) => {
        serverName = normalServerName(name);
        chosen = choose(serverName);
        answer(null, chosen?.context);
      },
    });
    await secured.secure;
    const names = (chosen as ChosenCertificate | null)?.names ?? null;
    const tls = factsOf(secured.socket, serverName, names);
    return { ...accepted, stream: secured, tls };
  }
}

function factsOf(
  socket: TLSSocket,
  serverName: string,
  certificateNames: readonly string[] | null,
): TlsFacts {
  const version = socket.getProtocol();
  const cipher = socket.getCipher();
  return {
    serverName: serverName === "" ? null : serverName,
    version,
    cipher: cipherName(cipher.standardName, version ?? ""),
    alpn: socket.alpnProtocol || null,
    resumed: socket.isSessionReused(),
    certificateNames,
  };
}

/** A listening socket of the Node.js library; the kernel shares its address between workers. */
class NodeTcpSource implements ConnectionSource {
  readonly #server: Server;
  readonly #closed = Promise.withResolvers<void>();
  #address: Endpoint;
  #onAccept: ((accepted: Accepted) => void) | null = null;

  private constructor(server: Server, address: Endpoint) {
    this.#server = server;
    this.#address = address;
    server.on("connection", (socket: Socket) => this.#welcome(socket));
  }

  static open(address: Endpoint, shared: boolean): Promise<NodeTcpSource> {
    const server = nodeNet().createServer({ allowHalfOpen: true, noDelay: true });
    const source = new NodeTcpSource(server, address);
    const opened = Promise.withResolvers<NodeTcpSource>();
    server.once("error", opened.reject);
    server.listen(
      { host: address.ip, port: address.port, backlog: BACKLOG, reusePort: shared },
      () => {
        server.off("error", opened.reject);
        // After a failed accept the socket still listens.
        server.on("error", () => {});
        const bound = server.address();
        if (typeof bound === "object" && bound !== null) {
          source.#address = { ip: bound.address, port: bound.port };
        }
        opened.resolve(source);
      },
    );
    return opened.promise;
  }

  get address(): Endpoint {
    return this.#address;
  }

  acceptLoop(onAccept: (accepted: Accepted) => void): Promise<void> {
    this.#onAccept = onAccept;
    return this.#closed.promise;
  }

  close(): void {
    this.#server.close();
    this.#closed.resolve();
  }

  #welcome(socket: Socket): void {
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    // A client that disconnected at once has no address.
    if (this.#onAccept === null || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    this.#onAccept({
      stream: new NodeTcpStream(socket),
      peer: { ip: remoteAddress, port: remotePort },
      destination: null,
      local: { ip: socket.localAddress ?? "", port: socket.localPort ?? 0 },
      ...(localAddress === undefined || localPort === undefined
        ? {}
        : { local: { ip: localAddress, port: localPort } }),
      tls: null,
    });
  }
}
