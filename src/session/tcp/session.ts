// One client connection of a TCP listener, from accept (or from the stage before it) to close: finds out
// which cluster it is for, connects to a backend, says who the client is where that is wanted, and then
// passes bytes on. Knows no protocol.

import { sourceKey } from "../../balancing/flows/flow_key.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { encodeV2 } from "../../protocol/proxy_protocol/v2.ts";
import type { Cluster } from "../cluster.ts";
import { reportDefect } from "../defect.ts";
import { NOWHERE } from "../placed_set.ts";
import type { OnSessionEnd, Session } from "../session.ts";
import { Ending, type SessionTarget } from "../upstream/session_target.ts";
import { Reason } from "../reason.ts";
import { type TcpConnection, TcpPhase } from "./connection.ts";
import { findRoute } from "./preread.ts";
import { runTunnel } from "../tunnel.ts";
import { Outcome } from "../traffic_account.ts";
import { connectBackend } from "../upstream/connect.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { writeRest } from "../write_rest.ts";

/** A client connection of a TCP listener, served. */
export class TcpSession implements Session {
  place = NOWHERE;
  readonly #connection: TcpConnection;
  readonly #onEnd: OnSessionEnd;

  constructor(connection: TcpConnection, onEnd: OnSessionEnd) {
    this.#connection = connection;
    this.#onEnd = onEnd;
  }

  get lastActive(): number {
    return this.#connection.lastActive;
  }

  async run(): Promise<void> {
    const connection = this.#connection;
    const { counters } = connection.worker;
    counters.add(Counter.TCP_SESSIONS, 1);
    try {
      // Every function that waits for the end of a tunnel costs memory while the tunnel is idle.
      const upstream = await connect(connection);
      const whole = upstream !== null && await runTunnel(connection, upstream);
      connection.conclude();
      if (!whole) await connection.linger();
    } catch (error) {
      reportDefect(error, counters, "TCP session");
    } finally {
      connection.finish();
      this.#onEnd(this);
    }
  }

  /** A tunnel goes on until one of its sides ends it, or the soft stop of the worker times out. */
  drain(): void {}

  leaveIdle(): boolean {
    return this.#connection.phase >= TcpPhase.LINGERING;
  }

  endFor(target: SessionTarget): Ending {
    const { phase, account } = this.#connection;
    const serves = phase === TcpPhase.CONNECTING || phase === TcpPhase.TUNNEL;
    if (!serves || !target.matches(account.cluster, account.backend)) return Ending.NONE;
    this.close();
    return Ending.CLOSED;
  }

  close(): void {
    this.#connection.close();
  }
}

/** A backend for the client, which has been sent what comes first; `null` when there is none. */
async function connect(connection: TcpConnection): Promise<Upstream | null> {
  const { account, worker } = connection;
  const route = await findRoute(connection);
  if (route === null || connection.closed) {
    if (account.reason === Reason.NONE && !connection.closed) account.reason = Reason.NO_ROUTE;
    return null;
  }
  const { cluster, tags } = route;
  account.cluster = cluster;
  account.tags = tags;
  if (!worker.clientLimits.admit(connection, cluster)) {
    worker.counters.add(Counter.CLIENT_LIMITED, 1);
    account.reason = Reason.CLIENT_LIMITED;
    return null;
  }
  const header = headerFor(connection, cluster);
  if (header === null) return null;
  connection.phase = TcpPhase.CONNECTING;
  connection.watchClient();
  const upstream = await connectBackend(connection, connection, connection, cluster, {
    first: null,
    key: cluster.backends.keyed ? sourceKey(connection.clientIp) : null,
    buffers: worker.tunnelBuffers,
  });
  if (upstream === null) return null;
  connection.beginTunnel(upstream);
  if (await sendFirst(connection, upstream, header)) return upstream;
  if (!connection.closed) account.outcome = Outcome.BACKEND_BROKEN;
  return null;
}

/** What the backend gets before the client's bytes, often nothing; `null` when it cannot be given. */
function headerFor(connection: TcpConnection, cluster: Cluster): Uint8Array | null {
  const { expects, forwards } = cluster.settings.proxyHeader;
  const { peer, destination, local, proxyHeader } = connection.accepted;
  // Where names decide, the listener alone says whether there has to be one: the cluster was not known then.
  if (expects && proxyHeader === undefined && connection.hello === null) {
    connection.worker.counters.add(Counter.PROXY_ERRORS, 1);
    connection.account.reason = Reason.PROXY_HEADER;
    return null;
  }
  if (forwards === "received") return proxyHeader ?? NOTHING;
  if (forwards === "nothing") return NOTHING;
  return encodeV2({
    command: "PROXY",
    transport: "stream",
    source: peer,
    destination: destination ?? local ?? connection.listener.address,
  });
}

/** Sends the header together with what has been read of the client; false when the backend left. */
async function sendFirst(
  { input, worker, account }: TcpConnection,
  upstream: Upstream,
  header: Uint8Array,
): Promise<boolean> {
  const length = header.length + input.length;
  if (length === 0) return true;
  const first = new Uint8Array(length);
  first.set(header);
  first.set(input.bytes.subarray(input.start, input.end), header.length);
  worker.counters.add(Counter.BYTES_IN, input.length);
  worker.counters.add(Counter.BACKEND_BYTES_OUT, length);
  account.clientIn += input.length;
  account.backendOut += length;
  input.start = input.end = 0;
  input.releaseHead();
  try {
    await writeRest(upstream.stream, first, 0, length);
    return true;
  } catch {
    return false;
  }
}

const NOTHING = new Uint8Array(0);
