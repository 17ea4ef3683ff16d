// `deno task bench h2`: HTTP/2 beside nginx and HAProxy in front of the same HTTP/1.1 backend; then what our
// connections cost that rest or wait, small requests beside a bulk one, and a client beside peers that mean harm.

import { freePort } from "../../support/ports.ts";
import { Lab } from "../../support/process/lab.ts";
import { type Running, startBackend } from "../contenders/arena.ts";
import { haproxyProxy } from "../contenders/haproxy_proxy.ts";
import { nginxProxy } from "../contenders/nginx_proxy.ts";
import { SOZU, sozuProxy } from "../contenders/sozu_proxy.ts";
import { type BenchOptions, runPhase, startAll } from "../figures/comparison.ts";
import { writeOutput } from "../figures/output.ts";
import type { Phase } from "../figures/phases.ts";
import { keepProfile, profileFlags } from "../figures/profile.ts";
import { formatPhase, type PhaseReport, reportPhase } from "../figures/report.ts";
import { runH2load } from "../load/h2load.ts";
import { findTools } from "../load/tools.ts";
import { writeCertificate } from "../tls/lab.ts";
import { hostileFigures } from "./hostile.ts";
import { idleFigures, waitingFigures } from "./memory.ts";
import { mixedFigures } from "./mixed.ts";
import { H2_PHASES, type H2Phase } from "./phases.ts";
import type { Figure } from "./figure.ts";

/** Runs the benchmark; the exit code is 0 when everything could be measured and no request failed. */
export async function runH2Bench(options: BenchOptions): Promise<number> {
  const tools = await findTools(["nginx", "haproxy", "h2load"]);
  const [nginx, haproxy, h2load] = [tools.get("nginx"), tools.get("haproxy"), tools.get("h2load")];
  if (nginx === undefined || haproxy === undefined || h2load === undefined) return 1;
  await using lab = new Lab();
  const wants = (name: string) => options.phases?.includes(name) ?? true;
  const backendPort = freePort();
  await startBackend(lab, nginx, [backendPort]);
  const v8Flags = options.profile ? profileFlags(lab.folder) : undefined;
  const contenders = [
    nginxProxy(nginx),
    haproxyProxy(haproxy),
    sozuProxy(
      v8Flags === undefined ? {} : { v8Flags },
    ),
  ].filter(({ name }) => options.only?.includes(name) ?? true);

  const reports: PhaseReport[] = [];
  const figures: Figure[] = [];
  for (const secure of [true, false]) {
    const phases = H2_PHASES.filter((phase) => phase.secure === secure && wants(phase.name));
    const needsMixed = !secure && wants("mixed");
    if (phases.length === 0 && !needsMixed) continue;
    const tls = secure ? writeCertificate(lab) : undefined;
    const running = await startAll(lab, contenders, backendPort, tls, true);
    if (running.length < contenders.length) return 1;
    for (const phase of phases) {
      const samples = await runPhase(phase, running, {
        lab,
        wrk: "",
        ...options,
        send: (_: Phase, { port }: Running, seconds: number) =>
          runH2load(h2load, { ...loadOf(phase), port, seconds, logPath: lab.path("h2load.log") }),
      });
      reports.push(reportPhase(phase, samples));
      console.log(`\n${formatPhase(phase, reports.at(-1) as PhaseReport)}`);
    }
    if (needsMixed) figures.push(...await mixedFigures(running, options));
    for (const { process } of running) await process.stop();
  }
  if (options.only?.includes(SOZU) ?? true) {
    if (wants("idle")) figures.push(...await idleFigures(lab, backendPort));
    if (wants("waiting")) figures.push(...await waitingFigures(lab));
  }
  if (wants("hostile")) {
    // nginx serves nothing but HTTP/2 on such a port, and who looks asks in HTTP/1.1.
    const others = contenders.filter(({ name }) => name !== "nginx");
    const running = await startAll(lab, others, backendPort, undefined, true);
    figures.push(...await hostileFigures(running, options));
  }
  if (options.profile) keepProfile(lab);
  const { seconds, rounds } = options;
  console.log(`\nWritten to ${writeOutput("h2", { seconds, rounds, reports, figures })}`);
  const failed = reports.flatMap(({ lines }) => lines)
    .some(({ name, errors }) => name === SOZU && errors > 0);
  return failed ? 1 : 0;
}

function loadOf({ path, connections, streams, secure }: H2Phase) {
  return { path, connections, streams, secure };
}
