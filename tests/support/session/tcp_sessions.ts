// TCP sessions on fake streams: a listener, clusters and a dialler in memory, and time that stands still
// until the test moves the wheel.

import assert from "node:assert/strict";
import type { Backend, BackendAddress } from "../../../src/balancing/backend.ts";
import { parseBackendAddress } from "../../../src/balancing/backend.ts";
import { BackendSet } from "../../../src/balancing/backend_set.ts";
import type { Accepted, ByteStream } from "../../../src/io/contracts.ts";
import { HelloRoutes } from "../../../src/routing/name/hello_routes.ts";
import { Cluster, DEFAULT_SETTINGS, type ProxyHeaderMode } from "../../../src/session/cluster.ts";
import type { TcpListenerContext, TcpRoute } from "../../../src/session/tcp/context.ts";
import { TcpStarter } from "../../../src/session/tcp/starter.ts";
import type { TrafficAccount } from "../../../src/session/traffic_account.ts";
import { observeTraffic } from "../../../src/session/worker_context.ts";
import { FakeStream } from "./fake_stream.ts";
import { waitFor } from "../wait.ts";
import { testWorkerContext } from "./worker_context.ts";

/** The client of a session unless the test says otherwise. */
export const PEER = { ip: "192.0.2.1", port: 9000 };
const LOCAL = { ip: "198.51.100.7", port: 443 };
const TIMEOUTS = {
  front: 60_000,
  back: 30_000,
  connect: 3_000,
  hello: 5_000,
  handshake: 10_000,
};

/** A cluster with so many backends. */
export function tcpCluster(
  id: string,
  backends = 1,
  proxyHeader: ProxyHeaderMode = DEFAULT_SETTINGS.proxyHeader,
): Cluster {
  const made = new Cluster(id, new BackendSet(() => 0));
  made.settings = { ...DEFAULT_SETTINGS, proxyHeader };
  for (let i = 0; i < backends; i++) {
    const address = parseBackendAddress(`127.0.0.${i + 1}:80`) as BackendAddress;
    const config = { id: `${id}-${i}`, address, stickyId: null, weight: null, backup: false };
    made.backends.add(config, 0);
  }
  return made;
}

/**
 * A listener whose backends are fake streams; `dial` decides what becomes of each attempt. `whole`: the cluster that
 * has all of its traffic, where no name decides.
 */
export function tcpListener(
  whole: Cluster | null,
  dial?: (host: string, signal: AbortSignal) => Promise<ByteStream>,
  settings: Partial<TcpListenerContext> & { readonly expectsProxy?: boolean } = {},
) {
  const dialled: { host: string; stream: FakeStream }[] = [];
  const connect = (host: string, _port: number, signal: AbortSignal) => {
    if (dial !== undefined) return dial(host, signal);
    const stream = new FakeStream();
    dialled.push({ host, stream });
    return Promise.resolve(stream);
  };
  const worker = testWorkerContext(10, { connect });
  const routes = new HelloRoutes<TcpRoute>();
  routes.whole = whole === null ? null : { cluster: whole, tags: null };
  const { expectsProxy = false, ...changes } = settings;
  const context = {
    address: LOCAL,
    routes,
    timeouts: TIMEOUTS,
    maxHelloBytes: 16_384,
    ...changes,
  };
  const observed = { refused: [] as Backend[], accounts: [] as TrafficAccount[] };
  observeTraffic(worker, {
    exact: true,
    headGoes: () => {},
    requestEnded: () => {},
    connectionRefused: () => {},
    connectFailed: (_, backend) => observed.refused.push(backend),
    connectionEnded: (account) => observed.accounts.push(account),
  });
  const starter = new TcpStarter({ context, expectsProxy }, worker);
  const ended: unknown[] = [];
  const open = (extra: Partial<Accepted> = {}) => {
    const stream = new FakeStream();
    const accepted = { stream, peer: PEER, destination: null, tls: null, local: LOCAL, ...extra };
    const session = starter.start(accepted, (it) => ended.push(it));
    assert.ok(session !== null);
    const running = session.run();
    return { stream, session, running };
  };
  const backend = async (index = 0) => {
    await waitFor("the backend to be dialled", () => dialled.length > index);
    return (dialled[index] as { stream: FakeStream }).stream;
  };
  const count = (counter: number) => worker.counters.get(counter);
  const lent = () =>
    worker.inputBuffers.small.lent + worker.inputBuffers.head.lent +
    worker.tunnelBuffers.head.lent +
    worker.tunnelBuffers.bulk.lent + (worker.tunnelBuffers.wide?.lent ?? 0);
  return { worker, routes, starter, open, backend, dialled, ended, observed, count, lent };
}
