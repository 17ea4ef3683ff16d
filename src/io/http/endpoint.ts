// A small HTTP server for pages of ours, plain or over TLS. The traffic of clients never comes here, but
// whoever can reach the address may connect, so connections are bounded in number and time, from the
// first byte of a handshake on.
//
// Deno.serve is not used: it waits without end for clients that connect and say nothing, and a TLS
// handshake that stalls in it cannot be ended from this side, so that each keeps a descriptor for as long
// as it likes. The Node.js library is not used for listening: a server of its accepts nothing any more once
// it has been out of descriptors. Connections are accepted and handshakes made as on listeners that
// strangers reach. Each connection has one answer: a scraper comes every few seconds, and keeps nothing
// open.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { AcceptPause } from "../listening/accept_loop.ts";
import { ConnectionBound, type ConnectionLimits, type Visit } from "../net/connection_bound.ts";
import type { Accepted, ConnectionSource } from "../contracts.ts";
import { DuplexBridge } from "../net/duplex_bridge.ts";
import { sniTlsAcceptor } from "../tls/sni_acceptor.ts";
import type { SniTlsAcceptor } from "../tls/sni_settings.ts";
import { TcpListener } from "../net/tcp.ts";
import { TlsCredentials } from "../tls/credentials.ts";

/** Where to serve and what. */
export interface HttpEndpointOptions {
  readonly hostname: string;
  /** 0 takes any. */
  readonly port: number;
  /** Certificate chain and key, PEM; `null` serves without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Answers a request, of which there is no body; must not reject. */
  readonly answer: (request: Request) => Promise<Response>;
  /**
   * Told why connections cannot be accepted for now, and how often since the last time; every ten seconds
   * at most.
   */
  readonly onWant?: (reason: string, count: number) => void;
  /** {@link ENDPOINT_LIMITS} unless told. */
  readonly limits?: ConnectionLimits;
}

/** A server that is listening. */
export interface HttpEndpoint {
  readonly port: number;
  /** Stops listening at once; what is being answered may finish within a second. */
  close(): Promise<void>;
}

/** A scraper waits for ten seconds unless told otherwise, and there are few of them. */
export const ENDPOINT_LIMITS: ConnectionLimits = { most: 128, lifetimeMs: 15_000 };

/** Longest a request may still take when the server closes. */
const CLOSING_MS = 1_000;
/** Between two looks at what is left, in milliseconds. */
const LOOK_MS = 10;

const VERSIONS = { min: "TLSv1.2", max: "TLSv1.3" } as const;

/** Starts a server; rejects when the address cannot be had or the certificate cannot be used. */
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
      // The handshake failed, or its time was over.
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

/** The address is nobody else's: what this process measures must not be answered by another one. */
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

/** Shows one certificate, whatever name a client asks for. */
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

/** `null` for a target that makes no URL, and for methods that no page answers. */
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
