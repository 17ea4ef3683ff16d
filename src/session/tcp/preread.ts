// Finds the service of a connection. Where names decide, the first message of TLS tells, which is read without taking
// part in the handshake: nothing is changed and nothing is answered, so whoever has no service is closed without a byte.

import { Counter } from "../../observe/metrics/counters.ts";
import type { HelloRejection } from "../../observe/metrics/preread_metrics.ts";
import { parseClientHello } from "../../protocol/tls/client_hello.ts";
import type { ClientHello } from "../../protocol/tls/hello_body.ts";
import { Reason } from "../reason.ts";
import type { TcpConnection } from "./connection.ts";
import type { TcpRoute } from "./context.ts";

/** A record header: less could never tell anything. */
const LEAST_HELLO_BYTES = 5;

const NO_PROTOCOLS: readonly string[] = [];

/** Protocols that logs name; what else a client offers says little about the connection. */
const LOGGED_PROTOCOLS: readonly (string | undefined)[] = ["h2", "http/1.1"];

/** The route of the connection; `null` when there is none, for the reason that has been counted. */
export async function findRoute(connection: TcpConnection): Promise<TcpRoute | null> {
  const { routes } = connection.listener;
  if (routes.unnamed) return routes.whole;
  const { tls } = connection;
  if (tls === null) return await preread(connection);
  // The handshake was ours, and negotiated nothing.
  const found = routes.find(tls.serverName, NO_PROTOCOLS);
  return typeof found === "string" ? null : found;
}

async function preread(connection: TcpConnection): Promise<TcpRoute | null> {
  const { worker } = connection;
  worker.counters.add(Counter.HELLO_AWAITED, 1);
  connection.awaitsHello = connection.unlogged = true;
  try {
    connection.armHello();
    const hello = await readHello(connection);
    return hello === null || connection.closed ? null : routeOf(connection, hello);
  } finally {
    connection.awaitsHello = false;
    worker.counters.add(Counter.HELLO_AWAITED, -1);
    worker.observer?.helloDone?.(worker.wheel.now - connection.acceptedAt);
  }
}

function routeOf(connection: TcpConnection, hello: ClientHello): TcpRoute | null {
  const { serverName, alpn, encrypted } = hello;
  const found = connection.listener.routes.find(serverName, alpn);
  if (typeof found === "string") {
    return reject(connection, found === "no_sni" && encrypted ? "ech_outer_absent" : found);
  }
  const [first] = alpn;
  connection.worker.counters.add(Counter.HELLO_ROUTED, 1);
  connection.unlogged = false;
  connection.hello = {
    serverName,
    version: null,
    cipher: null,
    alpn: first !== undefined && LOGGED_PROTOCOLS.includes(first) ? first : null,
    resumed: false,
    certificateNames: null,
  };
  return found;
}

/** Reads until the ClientHello is complete and leaves it in the input; `null` when it never will be. */
async function readHello(connection: TcpConnection): Promise<ClientHello | null> {
  const { input, worker, listener } = connection;
  const most = Math.max(
    LEAST_HELLO_BYTES,
    Math.min(listener.maxHelloBytes, worker.inputBuffers.head.size),
  );
  let wanted = 1;
  for (;;) {
    if (!input.makeRoom()) return reject(connection, "too_large");
    if (!await receive(connection)) return null;
    if (input.length < wanted) continue;
    const step = parseClientHello(input.bytes.subarray(input.start, input.end), most);
    if (step.kind === "done") return step.hello;
    if (step.kind === "error") return reject(connection, step.fault);
    wanted = input.length + step.atLeast;
  }
}

/** Reads once; false when nothing more comes. Whoever says nothing was only checking the port. */
async function receive(connection: TcpConnection): Promise<boolean> {
  const { input } = connection;
  try {
    if (input.accept(await input.read()) > 0) return true;
  } catch (error) {
    connection.broke(error, "read");
    if (!connection.closed && input.length > 0) reject(connection, "front_closed");
    throw error;
  }
  if (!connection.closed && input.length > 0) reject(connection, "front_closed");
  return false;
}

/** Counts why a connection has no service. Names are the client's, and are not logged. */
export function reject(
  { worker, account, clientIp }: TcpConnection,
  rejection: HelloRejection,
): null {
  worker.counters.addHelloRejection(rejection);
  if (account.reason === Reason.NONE) account.reason = Reason.NO_ROUTE;
  const log = worker.loggerOf("tcp");
  log.debug("Connection from {ip} closed before it had a service: {rejection}", {
    ip: clientIp,
    rejection,
  });
  return null;
}
