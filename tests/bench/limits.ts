// `deno task bench limits`: a worker under clients that only hold connections, and a worker that is
// full. Whoever is served must not notice; whoever is refused must learn it at once.

import { QueryMetricsOptions } from "../../config/schema/messages.ts";
import { connect } from "../../src/client/mod.ts";
import { Lab } from "../support/process/lab.ts";
import { freePort } from "../support/ports.ts";
import { pause } from "../support/wait.ts";
import { type Running, startBackend, startContender } from "./contenders/arena.ts";
import { probe, type ProbeResult } from "./load/latency_probe.ts";
import { workerMemory } from "./memory.ts";
import { writeOutput } from "./figures/output.ts";
import { formatTable } from "./figures/report.ts";
import { idleClients, SlowClients } from "./load/slow_clients.ts";
import { SOZU, sozuProxy } from "./contenders/sozu_proxy.ts";
import { median } from "./figures/statistics.ts";
import { findTools } from "./load/tools.ts";

const MAX_CONNECTIONS = 2_000;
const SLOW_CLIENTS = 1_000;
/**
 * Segments of the loopback interface are so large that each sender gets a buffer of 4 MB. A thousand of
 * these are more than the kernel allows TCP; what it then drops would be taken for the proxy's doing.
 */
const BACKEND_LISTEN = "sndbuf=64k";

/** Bound of a probe's 99th percentile, in milliseconds. */
const LATENCY_BAR = 100;
/** Bound of the time until a refused client is told, in milliseconds. */
const REFUSAL_BAR = 50;
/** Bound of memory at the end divided by memory at the beginning. */
const GROWTH_BAR = 1.05;

/** One line of the verdict. */
interface Finding {
  readonly what: string;
  readonly value: string;
  readonly bar: string;
  readonly passed: boolean;
}

/** What happened at a full worker. */
interface FullWorker {
  readonly probe: ProbeResult;
  /** From the first packet to the end of the connection; who was served, or left waiting, failed. */
  readonly refusals: ProbeResult;
  readonly countedRefusals: number;
  readonly countedConnections: number;
  readonly memory: readonly number[];
}

/** Runs the benchmark; the exit code is 0 when every bar was met. */
export async function runLimitsBench({ seconds }: { seconds: number }): Promise<number> {
  const nginx = (await findTools(["nginx"])).get("nginx");
  if (nginx === undefined) return 1;
  await using lab = new Lab();
  const backendPort = freePort();
  await startBackend(lab, nginx, [backendPort], BACKEND_LISTEN);
  const proxy = sozuProxy({ maxConnections: MAX_CONNECTIONS });
  const sozu = await startContender(lab, proxy, backendPort);

  const quiet = await probeWhile(sozu, seconds / 3);
  const heads = await SlowClients.dripHeads(sozu.port, SLOW_CLIENTS);
  const underHeads = await probeWhile(sozu, seconds);
  const headsAtTheEnd = { open: heads.open, returned: heads.returned };
  await heads.dismiss();
  const readers = await SlowClients.hardlyRead(sozu.port, SLOW_CLIENTS);
  const underReaders = await probeWhile(sozu, seconds);
  const readersAtTheEnd = { open: readers.open, returned: readers.returned };
  await readers.dismiss();
  await emptied(lab);
  const full = await fillAndKnock(lab, sozu, seconds);

  const findings = [
    ...probeFindings("nobody else", quiet),
    ...probeFindings(`${SLOW_CLIENTS} slow heads`, underHeads),
    ...probeFindings(`${SLOW_CLIENTS} slow readers`, underReaders),
    crowdFinding("slow heads", headsAtTheEnd.open),
    crowdFinding("slow readers", readersAtTheEnd.open),
    ...fullFindings(full),
  ];
  return report(seconds, findings, {
    quiet,
    underHeads,
    headsAtTheEnd,
    underReaders,
    readersAtTheEnd,
    full,
  });
}

interface Probes {
  readonly kept: ProbeResult;
  readonly fresh: ProbeResult;
}

async function probeWhile(sozu: Running, seconds: number): Promise<Probes> {
  const [kept, fresh] = await probe(sozu.port, seconds, ["kept", "fresh"]);
  if (kept === undefined || fresh === undefined) throw new Error("A probe told nothing");
  return { kept, fresh };
}

/** Takes every connection there is, then lets clients knock while one of those inside goes on. */
async function fillAndKnock(lab: Lab, sozu: Running, seconds: number): Promise<FullWorker> {
  const before = await counters(lab);
  const idle = await idleClients(sozu.port, MAX_CONNECTIONS - 1);
  try {
    const over = new AbortController();
    const watching = watchMemory(sozu, over.signal);
    const [inside, refusals] = await probe(sozu.port, seconds, ["kept", "knock"]);
    over.abort();
    if (inside === undefined || refusals === undefined) throw new Error("A probe told nothing");
    const [memory, after] = [await watching, await counters(lab)];
    const refused = "listener.connection_capped";
    return {
      probe: inside,
      refusals,
      countedRefusals: after(refused) - before(refused),
      countedConnections: after("client.connections"),
      memory,
    };
  } finally {
    for (const wire of idle) wire.close();
  }
}

async function watchMemory(sozu: Running, over: AbortSignal): Promise<number[]> {
  const looks: number[] = [];
  while (!over.aborted) {
    looks.push(workerMemory(sozu));
    await pause(100);
  }
  return looks;
}

/** The worker's counters by name, as the command socket tells them. */
async function counters(lab: Lab): Promise<(name: string) => number> {
  using client = await connect(lab.path(`${SOZU}.sock`), { timeoutMs: 10_000 });
  const { content } = await client.send({
    request_type: { kind: "query_metrics", value: QueryMetricsOptions.empty() },
  });
  const type = content?.content_type;
  if (type?.kind !== "metrics") throw new Error("The worker told no metrics");
  return (name) => {
    const inner = type.value.proxying.get(name)?.inner;
    return inner?.kind === "count" || inner?.kind === "gauge" ? Number(inner.value) : Number.NaN;
  };
}

/** Waits until the worker has noticed that everybody left. */
async function emptied(lab: Lab): Promise<void> {
  while ((await counters(lab))("client.connections") > 0) await pause(100);
}

function probeFindings(beside: string, { kept, fresh }: Probes): Finding[] {
  return ([["kept", kept], ["fresh", fresh]] as const).map(([connection, result]) =>
    probeFinding(`Probe on a ${connection} connection beside ${beside}`, result)
  );
}

function probeFinding(what: string, result: ProbeResult): Finding {
  const { asked, failed, p50, p99 } = result;
  return {
    what,
    value: `p50 ${ms(p50)}, p99 ${ms(p99)}, ${worst(result)}, ${failed} of ${asked} failed`,
    bar: `p99 < ${LATENCY_BAR} ms, 0 failed`,
    passed: p99 < LATENCY_BAR && failed === 0 && asked >= 100,
  };
}

function crowdFinding(who: string, open: number): Finding {
  const least = SLOW_CLIENTS * 0.95;
  return {
    what: `Connections of ${who} open at the end`,
    value: String(open),
    bar: `>= ${least}`,
    passed: open >= least,
  };
}

function fullFindings(full: FullWorker): Finding[] {
  const quarter = Math.floor(full.memory.length / 4);
  const growth = median(full.memory.slice(-quarter)) / median(full.memory.slice(0, quarter));
  const { refusals, countedRefusals } = full;
  const refused = refusals.asked - refusals.failed;
  return [
    probeFinding(`Probe inside a worker full with ${MAX_CONNECTIONS}`, full.probe),
    {
      what: `Time until ${refused} refused clients were closed`,
      value: `p99 ${ms(refusals.p99)}, ${worst(refusals)}, ${refusals.failed} not refused`,
      bar: `worst of the proxy < ${REFUSAL_BAR} ms, 0 not refused`,
      passed: refused > 0 && refusals.failed === 0 && refusals.worstOfProxy < REFUSAL_BAR,
    },
    {
      what: "Refused clients as the worker counted them",
      value: String(countedRefusals),
      bar: String(refused),
      passed: countedRefusals === refused,
    },
    {
      what: "Connections as the worker counted them",
      value: String(full.countedConnections),
      bar: `${MAX_CONNECTIONS - 1} or ${MAX_CONNECTIONS}`,
      passed: MAX_CONNECTIONS - full.countedConnections <= 1,
    },
    {
      what: "Memory of the full worker, end divided by beginning",
      value: `${growth.toFixed(3)} (${((full.memory.at(-1) ?? 0) / 2 ** 20).toFixed(0)} MiB)`,
      bar: `<= ${GROWTH_BAR}`,
      passed: growth <= GROWTH_BAR,
    },
  ];
}

function worst({ worst, worstOfProxy }: ProbeResult): string {
  return `worst ${ms(worst)} (proxy ${ms(worstOfProxy)}) ms`;
}

function ms(value: number): string {
  return value.toFixed(1);
}

function report(
  seconds: number,
  findings: readonly Finding[],
  figures: Readonly<Record<string, unknown>>,
): number {
  const rows = findings.map(({ what, value, bar, passed }) => [
    what,
    value,
    passed ? "PASS" : "MISS",
    `(bar: ${bar})`,
  ]);
  for (const line of formatTable(rows)) console.log(line);
  console.log(`Written to ${writeOutput("limits", { seconds, ...figures, findings })}`);
  return findings.every(({ passed }) => passed) ? 0 : 1;
}
