// What must be true at every moment of a run, and what must be left when it is over: nothing.

import type { BufferPool } from "../../../src/bytes/buffer_pool.ts";
import { Counter } from "../../../src/observe/metrics/counters.ts";
import type { SimulatedWorld } from "./world.ts";

/** What is open or under way right now: nothing of it is left at the end. */
const LEVELS: readonly (keyof typeof Counter)[] = [
  "CLIENT_CONNECTIONS",
  "ACTIVE_REQUESTS",
  "ACCEPT_QUEUE",
  "PROTOCOL_HTTP",
  "PROTOCOL_WS",
  "TCP_TUNNELS",
  "PROXY_EXPECTING",
];

const NAMES = new Map<number, string>(
  Object.entries(Counter).map(([name, position]) => [position, name]),
);

/** At any moment: no count below zero, and no defect. */
export function checkCounters({ plane, trace }: SimulatedWorld): void {
  const { counters } = plane.contents.worker;
  counters.values.forEach((value, position) => {
    if (value < 0) trace.violation(`${NAMES.get(position) ?? position} is ${value}`);
  });
  if (counters.get(Counter.INTERNAL_ERRORS) > 0) {
    trace.violation("a session ended by an internal error");
    counters.set(Counter.INTERNAL_ERRORS, 0);
  }
}

/** When all is over. `removals`: backends that were removed, each of which may have left one deadline. */
export function checkAtEnd(world: SimulatedWorld, removals: number): void {
  const { plane, trace, network, clock, ledger } = world;
  checkCounters(world);
  const { worker, http2, clusters } = plane.contents;
  for (const level of LEVELS) {
    const left = worker.counters.get(Counter[level]);
    if (left !== 0) trace.violation(`${level} is ${left} at the end`);
  }
  for (const { name, isAwaited } of network.open) {
    trace.violation(`${name} is left open${isAwaited ? ", and waited for" : ""}`);
  }
  for (const address of network.listening) trace.violation(`a socket is left at ${address}`);
  const backends = worker.upstreams.openCount + (http2?.upstreams.openCount ?? 0);
  if (backends !== 0) trace.violation(`${backends} backend connections are counted at the end`);
  if (worker.h2Connections.size !== 0) trace.violation("connections of HTTP/2 are left");
  const held = http2?.room.bodies.held ?? 0;
  if (held !== 0) trace.violation(`${held} bytes of bodies are counted at the end`);
  for (const [name, pool] of poolsOf(world)) {
    if (pool.lent !== 0) trace.violation(`${pool.lent} buffers are lent at the end: ${name}`);
  }
  if (clock.pending !== 0) trace.violation(`${clock.pending} timers are left`);
  if (worker.wheel.size > removals) trace.violation(`${worker.wheel.size} deadlines are left`);
  if (worker.clientLimits.heldCount !== 0) trace.violation("slots of clients are left");
  if (world.unanswered !== 0) trace.violation(`${world.unanswered} commands were not answered`);
  if (worker.bulkTurns.waiting !== 0) trace.violation("somebody waits for a large read");
  for (const { id, backends } of clusters.values()) {
    for (const { activeConnections, activeRequests } of backends.members) {
      if (activeConnections + activeRequests === 0) continue;
      trace.violation(`${id}: ${activeConnections} connections, ${activeRequests} requests left`);
    }
  }
  if (ledger.tcpEnded > ledger.tcpBegun) trace.violation("more TCP connections ended than began");
}

function poolsOf({ plane }: SimulatedWorld): [string, BufferPool][] {
  const { worker, http2 } = plane.contents;
  const { inputBuffers, tunnelInputBuffers, tunnelBuffers } = worker;
  const upstreams = worker.upstreams.buffers;
  const sets = { inputBuffers, tunnelInputBuffers, tunnelBuffers, upstreams };
  const pools: [string, BufferPool][] = [
    ["out", worker.outBuffers],
  ];
  if (http2 !== null) pools.push(["bodies", http2.room.bodyBuffers]);
  for (const [kind, set] of Object.entries(sets)) {
    for (const [name, pool] of Object.entries(set)) {
      pools.push([`${kind}.${name}`, pool as BufferPool]);
    }
  }
  return pools;
}
