// `deno task bench memory`: what our processes need while nothing happens, does a worker's memory stay flat
// under load, and what does a connection cost that keeps alive and says nothing.

import { pause } from "../support/wait.ts";
import { freePort } from "../support/ports.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import type { Wire } from "../support/session/wire.ts";
import { type Running, startBackend, startContender } from "./contenders/arena.ts";
import { HOST } from "./contenders/contender.ts";
import { sendRequests } from "./load/h2load.ts";
import { Lab } from "../support/process/lab.ts";
import { writeOutput } from "./figures/output.ts";
import { processTree, residentBytes } from "../support/process/proc.ts";
import { sozuProxy } from "./contenders/sozu_proxy.ts";
import { type IdleFigures, idleFigures } from "./idle.ts";
import { median } from "./figures/statistics.ts";
import { findTools } from "./load/tools.ts";

/** Requests of one load, over which the memory is observed. */
const STEP_REQUESTS = 100_000;
const STEPS = 10;
const IDLE_CONNECTIONS = 5_000;

/** Bound of memory after many requests divided by memory after few. */
const GROWTH_BAR = 1.05;
/** Bound of bytes for each idle connection. */
const IDLE_BAR = 16 * 1024;

/** Bounds of what main and a worker need while nothing happens, and of the first answer after a start. */
const MAIN_BAR = 65 * 1024 * 1024;
const WORKER_BAR = 60 * 1024 * 1024;
const FIRST_ANSWER_BAR_MS = 600;

/** Runs the benchmark; the exit code is 0 when everything could be measured. */
export async function runMemoryBench(): Promise<number> {
  const tools = await findTools(["nginx", "h2load"]);
  const nginx = tools.get("nginx");
  const h2load = tools.get("h2load");
  if (nginx === undefined || h2load === undefined) return 1;
  await using lab = new Lab();
  const backendPort = freePort();
  await startBackend(lab, nginx, [backendPort]);
  const idle = await idleFigures(lab, backendPort);
  reportIdle(idle);
  const sozu = await startContender(lab, sozuProxy(), backendPort);

  const curve: number[] = [];
  let failed = 0;
  for (let step = 0; step <= STEPS; step++) {
    const load = sendRequests(h2load, sozu.port, STEP_REQUESTS);
    const memory = await memoryDuring(sozu, load);
    failed += await load;
    if (step === 0) continue;
    curve.push(memory);
    console.log(`Worker after ${step * STEP_REQUESTS} requests: ${mebibytes(memory)} MiB`);
  }
  report(curve, failed, await idleCost(sozu), idle);
  return 0;
}

function row(what: string, value: string, bar: string, pass: boolean): void {
  console.log(`${what.padEnd(52)}${value.padStart(12)}  ${pass ? "PASS" : "MISS"} (bar: ${bar})`);
}

function reportIdle({ main, worker, firstAnswerMs }: IdleFigures): void {
  for (
    const [name, memory, bar] of [["Main", main, MAIN_BAR], ["Worker", worker, WORKER_BAR]] as const
  ) {
    const { anonymous, shared } = memory;
    const whole = anonymous + shared;
    row(
      `${name} at rest, MiB (${mebibytes(anonymous)} its own, ${mebibytes(shared)} shared)`,
      mebibytes(whole),
      `<= ${mebibytes(bar)}`,
      whole <= bar,
    );
  }
  row(
    "First answer after the start, ms",
    firstAnswerMs.toFixed(0),
    `<= ${FIRST_ANSWER_BAR_MS}`,
    firstAnswerMs <= FIRST_ANSWER_BAR_MS,
  );
}

function report(
  curve: readonly number[],
  failed: number,
  idle: number,
  atRest: IdleFigures,
): void {
  const growth = (curve.at(-1) as number) / (curve[0] as number);
  row("Last divided by first", growth.toFixed(3), `<= ${GROWTH_BAR}`, growth <= GROWTH_BAR);
  row("Failed requests", String(failed), "0", failed === 0);
  row(
    `Each of ${IDLE_CONNECTIONS} idle connections, KiB`,
    (idle / 1024).toFixed(1),
    `<= ${IDLE_BAR / 1024}`,
    idle <= IDLE_BAR,
  );
  const path = writeOutput("memory", {
    requestsPerStep: STEP_REQUESTS,
    workerBytesFromEachStepOn: curve,
    growth,
    failedRequests: failed,
    bytesPerIdleConnection: idle,
    atRest,
  });
  console.log(`Written to ${path}`);
}

/** Bytes by which each idle connection grows the worker, after one request on each. */
async function idleCost(sozu: Running): Promise<number> {
  const wires: Wire[] = [];
  try {
    const before = await settledMemory(sozu);
    for (let i = 0; i < IDLE_CONNECTIONS; i++) {
      const wire = await connectRaw(sozu.port);
      wires.push(wire);
      await wire.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      const { status } = await readResponse(wire);
      if (status !== 200) throw new Error(`Connection ${i + 1} was answered ${status}`);
    }
    return (await settledMemory(sozu) - before) / IDLE_CONNECTIONS;
  } finally {
    for (const wire of wires) wire.close();
  }
}

/**
 * The middle of what the worker needs while a load runs. A single look would show how long ago the
 * engine collected garbage, which moves it by tens of mebibytes up and down.
 */
async function memoryDuring(sozu: Running, load: Promise<unknown>): Promise<number> {
  const looks: number[] = [];
  let over = false;
  const done = load.finally(() => over = true);
  while (!over) {
    looks.push(workerMemory(sozu));
    await pause(50);
  }
  await done;
  return median(looks);
}

/** The least memory the worker shows within some seconds: what it needs, without passing garbage. */
async function settledMemory(sozu: Running): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < 30; look++) {
    await pause(100);
    least = Math.min(least, workerMemory(sozu));
  }
  return least;
}

/** Memory of the only worker: the one process of the tree that is not its root. */
export function workerMemory(sozu: Running): number {
  const workers = processTree(sozu.process.pid).slice(1);
  if (workers.length === 0) throw new Error("The worker is gone");
  return Math.max(...workers.map(({ pid }) => residentBytes(pid)));
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
