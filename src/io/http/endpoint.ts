// A small HTTP server for the metrics of this process, plain or over TLS. Anyone who can reach the address may
// connect, so connections are bounded in number and time, from the first byte of a handshake on.
//
// Deno.serve is not used: it has no timeout for clients that connect and send nothing, nor for a TLS handshake
// that stalls, so each of them would keep a file descriptor. The server of the Node.js library is not used: it
// stops accepting for good after it ran out of descriptors. Connections are accepted and handshakes are made
// as on the listeners for traffic. Each connection has one answer: a scraper comes every few seconds.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { AcceptPause } from "../listening/accept_loop.ts";
import { ConnectionBound, type ConnectionLimits, type Visit } from "../net/connection_bound.ts";
import type { Accepted, ConnectionSource } from "../contracts.ts";
import { DuplexBridge } from "../net/duplex_bridge.ts";
import { sniTlsAcceptor } from "../tls/sni_acceptor.ts";
import type { SniTlsAcceptor } from "../tls/sni_settings.ts";
import { TcpListener } from "../net/tcp.ts";
import { TlsCredentials } from "../tls/credentials.ts";

/** The address of a server and its answers. */
export interface HttpEndpointOptions {
  readonly hostname: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Certificate chain and key, PEM; `null` serves without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Answers a request without a body; must not reject. */
  readonly answer: (request: Request) => Promise<Response>;
  /**
   * Called when connections cannot be accepted: the reason, and how often since the last call. At most
   * every ten seconds.
   */
  readonly onWant?: (reason: string, count: number) => void;
  /** {@link ENDPOINT_LIMITS} by default. */
  readonly limits?: ConnectionLimits;
}

/** A server that is listening. */
export interface HttpEndpoint {
  readonly port: number;
  /** Stops listening at once; answers in progress may take a second more. */
  close(): Promise<void>;
}

/** The default timeout of a scraper is ten seconds, and there are few scrapers. */
export const ENDPOINT_LIMITS: ConnectionLimits = { most: 128, lifetimeMs: 15_000 };

/** How long a request in progress may take when the server closes, in milliseconds. */
const CLOSING_MS = 1_000;
/** Interval of the look at what is left, in milliseconds. */
const LOOK_MS = 10;

const VERSIONS = { min: "TLSv1.2", max: "TLSv1.3" } as const;

/** Starts a server; rejects when the address cannot be bound or the certificate cannot be used. */
export async function serveHttp(options: HttpEndpointOptions): Promise<HttpEndpoint> {
  const { tls, answer, limits = ENDPOINT_LIMITS, onWant = () => {} } = options;
  const acceptor = tls === null ? null : acceptorWith(tls);
  const source = await listen(options, acceptor);
  const bound = new ConnectionBound(limits);
  const visits = new WeakMap<object, Visit>();
  const parser = createServer((incoming, outgoing) => {
    const visit = visits.get(incoming.socket);
    if (visit !== undefined) {
      visit.answering = true;
      outgoing.once("finish", () => visit.answering = false);
    }
    void respond(incoming, outgoing, answer);
  });
  const welcome = async (accepted: Accepted) => {
    const visit = bound.admit(() => accepted.stream.close());
    try {
      const inside = acceptor === null ? accepted : await acceptor.handshake(accepted);
      const bridge = new DuplexBridge(inside.stream);
      bridge.once("close", () => visit.leave());
      visits.set(bridge, visit);
      parser.emit("connection", bridge);
    } catch {
      // The handshake failed or took too long.
      visit.leave();
      accepted.stream.close();
    }
  };
  void source.acceptLoop((accepted) => void welcome(accepted), new AcceptPause(onWant).after);
  return {
    port: source.address.port,
    async close(): Promise<void> {
      source.close();
      const end = performance.now() + CLOSING_MS;
      for (bound.closeIdle(); bound.size > 0 && performance.now() < end; bound.closeIdle()) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      bound.closeAll();
    },
  };
}

/** The address is not shared: another process must not answer with its own metrics. */
async function listen(
  { hostname, port }: HttpEndpointOptions,
  acceptor: SniTlsAcceptor | null,
): Promise<ConnectionSource> {
  const address = { ip: hostname, port };
  const sharing = { shared: false };
  return acceptor === null
    ? TcpListener.open(address, sharing)
    : await acceptor.listen(address, sharing);
}

/** Sends one certificate for every server name. */
function acceptorWith({ cert, key }: { cert: string; key: string }): SniTlsAcceptor {
  const texts = { certificate: cert, certificate_chain: [cert], key };
  const credentials = TlsCredentials.create(texts);
  if (typeof credentials === "string") throw new Error(credentials);
  const chosen = { context: credentials.context(VERSIONS), names: null };
  return sniTlsAcceptor({ alpn: ["http/1.1"], choose: () => chosen });
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: HttpEndpointOptions["answer"],
): Promise<void> {
  outgoing.on("error", () => {});
  outgoing.setHeader("connection", "close");
  const request = requestOf(incoming);
  if (request === null) {
    outgoing.statusCode = 400;
    outgoing.end();
    return;
  }
  try {
    const response = await answer(request);
    outgoing.statusCode = response.status;
    response.headers.forEach((value, name) => outgoing.setHeader(name, value));
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  } catch {
    outgoing.statusCode = 500;
    outgoing.end();
  }
}

/** `null` for a target that is no URL, and for methods that are not answered. */
function requestOf(incoming: IncomingMessage): Request | null {
  const { method = "GET", url = "/", headers, headersDistinct } = incoming;
  const fields = Object.entries(headersDistinct)
    .flatMap(([name, values = []]) => values.map((value): [string, string] => [name, value]));
  try {
    const target = new URL(url, `http://${headers.host ?? "localhost"}`);
    return new Request(target, { method, headers: fields });
  } catch {
    return null;
  }
}
