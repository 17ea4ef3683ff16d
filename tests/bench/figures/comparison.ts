// Contenders in front of one backend, driven in turn, rounds interleaved, so that whatever else the
// machine does meets all of them. A table for each phase, and the same as JSON.

import { freePort } from "../../support/ports.ts";
import { type Running, startBackend, startContender } from "../contenders/arena.ts";
import type { Contender, TlsFiles } from "../contenders/contender.ts";
import { Lab } from "../../support/process/lab.ts";
import { writeOutput } from "./output.ts";
import type { Phase, Sample } from "./phases.ts";
import { cpuByProcess } from "../../support/process/proc.ts";
import { keepProfile, profileFlags } from "./profile.ts";
import { formatPhase, type PhaseReport, reportPhase } from "./report.ts";
import { SOZU } from "../contenders/sozu_proxy.ts";
import { rotated } from "./statistics.ts";
import { findTools } from "../load/tools.ts";
import { type LoadResult, runWrk } from "../load/wrk.ts";

/** What can be chosen. */
export interface BenchOptions {
  /** Names of the contenders; all unless told. */
  readonly only?: readonly string[];
  /** Names of the phases; all unless told. */
  readonly phases?: readonly string[];
  /** Seconds of each load. */
  readonly seconds: number;
  readonly rounds: number;
  /** Whether ours records a profile of its engine. */
  readonly profile: boolean;
}

/** Paths of the programs that ours is compared with. */
export interface PeerPrograms {
  readonly nginx: string;
  /** Left out where it cannot be had. */
  readonly haproxy: string | undefined;
}

/** What is compared. */
export interface Comparison {
  /** Name of the benchmark, and of its output. */
  readonly name: string;
  readonly phases: readonly Phase[];
  /** Who is compared, with the programs that are here; `v8Flags` are for ours. */
  contenders(programs: PeerPrograms, v8Flags: string | undefined): Contender[];
  /** Measures something else of what is running, before the phases leave their garbage. */
  begin?(running: readonly Running[]): Promise<Readonly<Record<string, unknown>>>;
}

/** Runs a comparison; the exit code is 0 when everything could be measured. */
export async function runComparison(
  comparison: Comparison,
  options: BenchOptions,
): Promise<number> {
  const { name } = comparison;
  const tools = await findTools(["nginx", "haproxy", "wrk"]);
  const [nginx, wrk] = [tools.get("nginx"), tools.get("wrk")];
  if (nginx === undefined || wrk === undefined) return 1;
  const programs = { nginx, haproxy: tools.get("haproxy") };
  await using lab = new Lab();
  const flags = options.profile ? profileFlags(lab.folder) : undefined;
  const all = comparison.contenders(programs, flags)
    .filter((contender) => options.only?.includes(contender.name) ?? true);
  const backendPort = freePort();
  await startBackend(lab, nginx, [backendPort]);
  const running = await startAll(lab, all, backendPort);

  const more = await comparison.begin?.(running) ?? {};
  const reports: PhaseReport[] = [];
  const phases = comparison.phases
    .filter((phase) => options.phases?.includes(phase.name) ?? true);
  for (const phase of phases) {
    const samples = await runPhase(phase, running, { lab, wrk, ...options });
    reports.push(reportPhase(phase, samples));
    console.log(`\n${formatPhase(phase, reports.at(-1) as PhaseReport)}`);
  }
  const { seconds, rounds } = options;
  const path = writeOutput(name, { seconds, rounds, reports, ...more });
  console.log(`\nWritten to ${path}`);
  if (options.profile) {
    await running.find((contender) => contender.name === SOZU)?.process.stop();
    keepProfile(lab);
  }
  return running.length === all.length ? 0 : 1;
}

/** Starts every contender; one that does not come up is reported and left out. */
export async function startAll(
  lab: Lab,
  contenders: readonly Contender[],
  backendPort: number,
  tls?: TlsFiles,
  h2 = false,
): Promise<Running[]> {
  const running: Running[] = [];
  for (const contender of contenders) {
    try {
      running.push(await startContender(lab, contender, backendPort, tls, h2));
    } catch (error) {
      console.error(`SKIPPED ${contender.name}: ${(error as Error).message}`);
    }
  }
  return running;
}

/** How a phase is driven. */
export interface Drive {
  readonly lab: Lab;
  readonly wrk: string;
  readonly seconds: number;
  readonly rounds: number;
  /** Sends the load of a phase; wrk unless told. */
  readonly send?: (phase: Phase, contender: Running, seconds: number) => Promise<LoadResult>;
}

/** The samples of every contender, round by round. */
export async function runPhase(
  phase: Phase,
  contenders: readonly Running[],
  drive: Drive,
): Promise<Map<string, Sample[]>> {
  const [samples] = await runTogether([{ phase, contenders }], drive);
  return samples ?? new Map();
}

/** A phase and those that are driven through it. */
export interface Course {
  readonly phase: Phase;
  /** The same in the same order for all phases that are driven together. */
  readonly contenders: readonly Running[];
}

/**
 * The samples of every phase, round by round: each contender goes through all phases before the next one
 * has its turn, so that its figures can be compared with each other.
 */
export async function runTogether(
  courses: readonly Course[],
  drive: Drive,
): Promise<Map<string, Sample[]>[]> {
  const samples = courses.map(({ contenders }) =>
    new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]))
  );
  // A short unmeasured load lets pools fill and the engine compile.
  for (const { phase, contenders } of courses) {
    for (const contender of contenders) await load(phase, contender, { ...drive, seconds: 1 });
  }
  const places = courses[0]?.contenders.map((_, place) => place) ?? [];
  const order = courses.map((_, index) => index);
  for (let round = 0; round < drive.rounds; round++) {
    for (const place of rotated(places, round)) {
      for (const index of rotated(order, round)) {
        const { phase, contenders } = courses[index] as Course;
        const contender = contenders[place] as Running;
        const sample = await load(phase, contender, drive);
        samples[index]?.get(contender.name)?.push(sample);
        const figure = phase.measure(sample, sample.cpuMicros).toFixed(2);
        console.error(`${phase.name} ${round + 1}/${drive.rounds} ${contender.name} ${figure}`);
      }
    }
  }
  return samples;
}

async function load(phase: Phase, contender: Running, drive: Drive): Promise<Sample> {
  const before = cpuByProcess(contender.process.pid);
  const result = await (drive.send?.(phase, contender, drive.seconds) ??
    runWrk(drive.wrk, drive.lab.path("report.lua"), {
      port: contender.port,
      path: phase.path,
      connections: phase.connections,
      closing: phase.closing,
      secure: contender.secure ?? false,
      seconds: drive.seconds,
    }));
  const used = [...cpuByProcess(contender.process.pid)]
    .map(([pid, micros]) => micros - (before.get(pid) ?? 0));
  if (!contender.process.alive) throw new Error(`${contender.name} ended during ${phase.name}`);
  return {
    ...result,
    cpuMicros: used.reduce((sum, micros) => sum + micros, 0),
    workerCpuMicros: Math.max(...used),
  };
}
