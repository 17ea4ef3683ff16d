// `deno task bench control`: the command plane under load. Thousands of pipelined changes, a large state
// loaded into a running main process, and damaged input, each while others are served.

import { connect } from "../../../src/client/mod.ts";
import { fuzzCommandSocket, type FuzzFigures } from "../../fuzz/command_fuzz.ts";
import { Lab } from "../../support/process/lab.ts";
import { freePorts } from "../../support/ports.ts";
import { isRunning, processTree, residentBytes } from "../../support/process/proc.ts";
import { type Running, startBackend, startContender } from "../contenders/arena.ts";
import type { Contender, ProxyPlace } from "../contenders/contender.ts";
import { type LoadFigures, runLoad, type StateSize } from "./load.ts";
import { type PipelineResult, type PipelineShape, runPipeline } from "./pipeline.ts";
import { writeOutput } from "../figures/output.ts";
import { SOZU, sozuProxy } from "../contenders/sozu_proxy.ts";
import { findTools } from "../load/tools.ts";
import { type LoadResult, runWrk } from "../load/wrk.ts";

const PIPELINED_REQUESTS = 20_000;
const PIPELINE_ROUNDS = 3;
const PIPELINE_BAR = 5_000;
const SHAPES: readonly PipelineShape[] = ["adds, then removals", "each add before its removal"];

/** Connections of the traffic that runs beside the changes. */
const TRAFFIC_CONNECTIONS = 16;
/** The shortest traffic: changes that are done earlier are repeated. */
const TRAFFIC_SECONDS = 10;

const STATE: StateSize = { clusters: 10_000, frontends: 2, backends: 3 };
const LOAD_BAR_MS = 10_000;

/** Runs all three; the exit code is 0 when every bar is met. `seconds` is the length of the fuzzing. */
export async function runControlBench({ seconds }: { seconds: number }): Promise<number> {
  const tools = await findTools(["nginx", "wrk"]);
  const nginx = tools.get("nginx");
  const wrk = tools.get("wrk");
  if (nginx === undefined || wrk === undefined) return 1;
  await using lab = new Lab();
  const [backendPort] = freePorts(1) as [number];
  await startBackend(lab, nginx, [backendPort]);
  /** Runs one part with processes of its own. */
  const alone = async <T>(name: string, part: (sozu: Subject) => Promise<T>): Promise<T> => {
    const sozu = await startContender(lab, subject(name), backendPort);
    try {
      return await part({ ...sozu, socketPath: lab.path(`${SOZU}.sock`) });
    } finally {
      await sozu.process.stop();
    }
  };

  const plain = await alone("plain", (sozu) => pipelineBeside(lab, wrk, sozu));
  const passedPlain = reportPipeline("no audit files", plain);
  const audited = await alone("audited", (sozu) => pipelineBeside(lab, wrk, sozu));
  const passedAudited = reportPipeline("both audit files", audited);
  const load = await alone("load", (sozu) => loadState(lab, sozu));
  const passedLoad = reportLoad(load, load.mainBytes);
  const fuzz = await alone("fuzz", (sozu) => fuzzBeside(sozu, seconds));
  const passedFuzz = reportFuzz(fuzz, seconds);
  console.log(`Written to ${writeOutput("control", { plain, audited, load, fuzz })}`);
  return passedPlain && passedAudited && passedLoad && passedFuzz ? 0 : 1;
}

/** A running main process and where to reach it. */
interface Subject extends Running {
  readonly socketPath: string;
}

function subject(name: string): Contender {
  const settings = (place: ProxyPlace) =>
    `audit_logs_target = "${place.path("audit.log")}"\n` +
    `audit_logs_json_target = "${place.path("audit.json")}"\n`;
  return sozuProxy({ workers: 2, ...(name === "audited" ? { settings } : {}) });
}

async function loadState(
  lab: Lab,
  { socketPath, port, process }: Subject,
): Promise<LoadFigures & { readonly mainBytes: number }> {
  const place = { socketPath, port, statePath: lab.path("state.json"), clusterId: "bench" };
  const figures = await runLoad(place, STATE);
  return { ...figures, mainBytes: residentBytes(process.pid) };
}

interface PipelineFigures {
  readonly runs: readonly PipelineResult[];
  readonly traffic: LoadResult;
}

async function pipelineBeside(
  lab: Lab,
  wrk: string,
  { port, socketPath }: Subject,
): Promise<PipelineFigures> {
  let over = false;
  const traffic = runWrk(wrk, lab.path("traffic.lua"), {
    port,
    path: "/",
    connections: TRAFFIC_CONNECTIONS,
    seconds: TRAFFIC_SECONDS,
  }).finally(() => over = true);
  const runs: PipelineResult[] = [];
  while (runs.length < PIPELINE_ROUNDS * SHAPES.length || !over) {
    const shape = SHAPES[runs.length % SHAPES.length] as PipelineShape;
    const run = await runPipeline(socketPath, shape, PIPELINED_REQUESTS);
    // Only what ran beside traffic from its first request to its last one counts.
    if (over) break;
    runs.push(run);
  }
  return { runs, traffic: await traffic };
}

function reportPipeline(setting: string, { runs, traffic }: PipelineFigures): boolean {
  console.log(
    `Pipelined changes on one connection, 2 workers, ${PIPELINED_REQUESTS} requests a run, ${setting}:`,
  );
  for (const { shape, requests, seconds, perSecond, misplaced } of runs) {
    console.log(
      `  ${shape.padEnd(28)} ${requests} in ${seconds.toFixed(2)} s, ` +
        `${perSecond.toFixed(0)}/s, ${misplaced} answers out of place`,
    );
  }
  const slowest = Math.min(...runs.map(({ perSecond }) => perSecond));
  const fastEnough = runs.length > 0 && slowest >= PIPELINE_BAR;
  const inOrder = runs.every(({ misplaced }) => misplaced === 0);
  const perSecond = traffic.requests / traffic.durationMicros * 1_000_000;
  console.log(
    `  slowest run: ${slowest.toFixed(0)}/s  ${verdict(fastEnough)} (bar: ${PIPELINE_BAR}/s)`,
  );
  console.log(`  all answered, in order: ${verdict(inOrder)}`);
  console.log(
    `  HTTP meanwhile: ${traffic.requests} requests, ${perSecond.toFixed(0)}/s, ` +
      `p99 ${(traffic.p99 / 1_000).toFixed(1)} ms, ${traffic.errors} errors  ` +
      `${verdict(traffic.errors === 0)} (bar: 0)`,
  );
  return fastEnough && inOrder && traffic.errors === 0;
}

function reportLoad(load: LoadFigures, mainBytes: number): boolean {
  const inTime = load.loadMs < LOAD_BAR_MS;
  const same = load.differing.length === 0;
  const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MiB`;
  const { clusters, frontends, backends } = STATE;
  console.log(
    `Loading ${clusters} clusters with ${frontends} frontends and ${backends} backends each ` +
      `(${load.records} records, ${megabytes(load.fileBytes)}), 2 workers:`,
  );
  console.log(
    `  in force everywhere after ${(load.loadMs / 1_000).toFixed(2)} s  ${verdict(inTime)} ` +
      `(bar: ${LOAD_BAR_MS / 1_000} s)`,
  );
  console.log(
    `  same clusters in every process: ${verdict(same)}${same ? "" : ` ${load.differing}`}`,
  );
  console.log(
    `  commands of another client meanwhile: ${load.commands}, slowest ` +
      `${load.slowestCommandMs.toFixed(0)} ms, not in force at once: ${load.notInForce}`,
  );
  const resident = load.resident.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`);
  console.log(`  resident afterwards: main ${megabytes(mainBytes)}, ${resident.join(", ")}`);
  return inTime && same && load.commands > 0 && load.notInForce === 0;
}

interface FuzzReport extends FuzzFigures {
  readonly alive: boolean;
  readonly grownBytes: number;
}

async function fuzzBeside(
  { socketPath, process }: Subject,
  seconds: number,
): Promise<FuzzReport> {
  const seed = Number(Deno.env.get("SOZU_SEED") ?? Date.now() % 1_000_000);
  const processes = processTree(process.pid);
  const before = residentBytes(process.pid);
  const figures = await fuzzCommandSocket(socketPath, seed, {
    durationMs: seconds * 1_000,
    inputs: 0,
    served: 0,
  });
  using client = await connect(socketPath, { timeoutMs: 10_000 });
  await client.send({ request_type: { kind: "status", value: {} } });
  const alive = processes.every(isRunning);
  return { ...figures, alive, grownBytes: residentBytes(process.pid) - before };
}

function reportFuzz(fuzz: FuzzReport, seconds: number): boolean {
  console.log(`Damaged input for ${seconds} s (SOZU_SEED=${fuzz.seed}):`);
  console.log(
    `  ${fuzz.connections} connections, ${fuzz.inputs} inputs, ${fuzz.bytes} bytes, ` +
      `${fuzz.answered} bytes came back`,
  );
  console.log(`  main and workers alive: ${verdict(fuzz.alive)}`);
  console.log(
    `  another client meanwhile: ${fuzz.served} requests, all OK, slowest ` +
      `${fuzz.slowestMs.toFixed(0)} ms  ${verdict(fuzz.served > 0)}`,
  );
  console.log(`  main grew by ${(fuzz.grownBytes / 1_048_576).toFixed(0)} MiB`);
  return fuzz.alive && fuzz.served > 0;
}

function verdict(passed: boolean): string {
  return passed ? "PASS" : "MISS";
}
