// `deno task bench tcp`: HAProxy and ours passing TCP on, untouched, and what a tunnel costs that is open
// and silent.

import { processTree, residentBytes } from "../support/process/proc.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { pause } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";
import type { Running } from "./contenders/arena.ts";
import { type BenchOptions, runComparison } from "./figures/comparison.ts";
import { HOST } from "./contenders/contender.ts";
import { haproxyTcp } from "./contenders/haproxy_tcp.ts";
import { BULK_PATH } from "./contenders/nginx_backend.ts";
import type { Phase } from "./figures/phases.ts";
import { sozuProxy } from "./contenders/sozu_proxy.ts";

/** Tunnels that are opened to see what one costs. */
const IDLE_TUNNELS = 2_000;
const FIRST_TUNNELS = 50;

const PHASES: readonly Phase[] = [
  {
    name: "bulk",
    title: "4 tunnels, answers of 64 MiB",
    path: BULK_PATH,
    connections: 4,
    closing: false,
    figure: "MB/CPU s",
    measure: ({ bytes }, cpuMicros) => bytes / cpuMicros,
    smallerIsBetter: false,
    peers: "haproxy",
    bar: 1.0,
  },
  {
    name: "round-trips",
    title: "64 tunnels, small questions and answers",
    path: "/",
    connections: 64,
    closing: false,
    figure: "CPU us/round trip",
    measure: ({ requests }, cpuMicros) => cpuMicros / requests,
    smallerIsBetter: true,
    peers: "haproxy",
    bar: null,
  },
  {
    name: "new-connections",
    title: "one tunnel per question",
    path: "/",
    connections: 32,
    closing: true,
    figure: "CPU us/connection",
    measure: ({ requests }, cpuMicros) => cpuMicros / requests,
    smallerIsBetter: true,
    peers: "haproxy",
    bar: null,
  },
];

/** Runs the benchmark; the exit code is 0 when everything could be measured. */
export async function runTcpBench(options: BenchOptions): Promise<number> {
  return await runComparison({
    name: "tcp",
    phases: PHASES,
    contenders: ({ haproxy }, v8Flags) => [
      ...(haproxy === undefined ? [] : [haproxyTcp(haproxy)]),
      sozuProxy({ protocol: "tcp", ...(v8Flags === undefined ? {} : { v8Flags }) }),
    ],
    begin: reportIdleTunnels,
  }, options);
}

async function reportIdleTunnels(running: readonly Running[]) {
  console.log(`idle: ${IDLE_TUNNELS} open and silent tunnels, after one round trip on each`);
  const bytesPerIdleTunnel: Record<string, number> = {};
  for (const contender of running) {
    // The first few make the process compile and allocate what it needs for any number.
    for (const wire of await openTunnels(contender, FIRST_TUNNELS)) wire.close();
    const before = await settledMemory(contender);
    const wires = await openTunnels(contender, IDLE_TUNNELS);
    const bytes = (await settledMemory(contender) - before) / IDLE_TUNNELS;
    for (const wire of wires) wire.close();
    bytesPerIdleTunnel[contender.name] = bytes;
    console.log(`${contender.name.padEnd(8)}  ${(bytes / 1024).toFixed(1)} KiB each`);
  }
  return { bytesPerIdleTunnel };
}

async function openTunnels(contender: Running, count: number): Promise<Wire[]> {
  const wires: Wire[] = [];
  for (let i = 0; i < count; i++) {
    const wire = await connectRaw(contender.port);
    wires.push(wire);
    await wire.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await readResponse(wire);
  }
  return wires;
}

/** The least memory the largest process shows within some seconds, without passing garbage. */
async function settledMemory({ process }: Running): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < 20; look++) {
    await pause(100);
    const sizes = processTree(process.pid).map(({ pid }) => residentBytes(pid));
    least = Math.min(least, Math.max(...sizes));
  }
  return least;
}
