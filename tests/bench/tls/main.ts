// `deno task bench tls`: HTTPS beside nginx and HAProxy, CPU for each request, each full and each resumed
// handshake; then certificates that are replaced under load, and very many of them.

import { freePort } from "../../support/ports.ts";
import { Lab } from "../../support/process/lab.ts";
import { type Running, startBackend } from "../contenders/arena.ts";
import type { Contender } from "../contenders/contender.ts";
import { haproxyProxy } from "../contenders/haproxy_proxy.ts";
import { type Course, runPhase, runTogether, startAll } from "../figures/comparison.ts";
import { nginxProxy } from "../contenders/nginx_proxy.ts";
import { writeOutput } from "../figures/output.ts";
import type { Phase } from "../figures/phases.ts";
import { keepProfile, profileFlags } from "../figures/profile.ts";
import {
  formatPhase,
  type PhaseReport,
  type PhaseSamples,
  reportPhase,
} from "../figures/report.ts";
import { SOZU, sozuProxy } from "../contenders/sozu_proxy.ts";
import { runCertificateBench } from "./certificates.ts";
import { throughTlsClient, writeCertificate } from "./lab.ts";
import { runResumptionBench } from "./resumption.ts";
import { findTools } from "../load/tools.ts";

/** What can be chosen. */
export interface TlsBenchOptions {
  /** Names of the phases, `resumption` and `certificates`; all unless told. */
  readonly phases?: readonly string[];
  /** Seconds of each load. */
  readonly seconds: number;
  readonly rounds: number;
  readonly profile: boolean;
}

const CPU_PER_REQUEST = {
  path: "/",
  figure: "CPU us/request",
  measure: ({ requests }: { requests: number }, cpuMicros: number) => cpuMicros / requests,
  smallerIsBetter: true,
} as const;

/** Small answers over TLS connections that stay open. */
export const KEEP_ALIVE: Phase = {
  ...CPU_PER_REQUEST,
  name: "keep-alive",
  title: "64 keep-alive TLS connections, small answers",
  connections: 64,
  closing: false,
  peers: "better",
  bar: 1.30,
};

/** One request on each new connection; what a handshake costs is nearly all of it. */
const FULL: Phase = {
  ...CPU_PER_REQUEST,
  name: "full",
  title: "one connection per request, full TLS 1.3 handshakes",
  connections: 16,
  closing: false,
  peers: "nginx",
  bar: 1.6,
};

/** What counts is that it is cheaper than a full handshake (tls_resumption.ts); nginx is there to compare. */
const RESUMED: Phase = {
  ...FULL,
  bar: 2.0,
  name: "resumed",
  title: "one connection per request, resumed TLS 1.3 sessions",
};

/** Runs the benchmark; the exit code is 0 when everything could be measured and nothing failed. */
export async function runTlsBench(options: TlsBenchOptions): Promise<number> {
  const tools = await findTools(["nginx", "haproxy", "wrk", "openssl"]);
  const [nginx, haproxy, wrk] = [tools.get("nginx"), tools.get("haproxy"), tools.get("wrk")];
  if (nginx === undefined || haproxy === undefined || wrk === undefined) return 1;
  await using lab = new Lab();
  const wants = (name: string) => options.phases?.includes(name) ?? true;
  const backendPort = freePort();
  await startBackend(lab, nginx, [backendPort]);
  const flags = options.profile ? { v8Flags: profileFlags(lab.folder) } : {};
  const contenders = [nginxProxy(nginx), haproxyProxy(haproxy), sozuProxy(flags), sozuStatic()];
  const running = await startAll(lab, contenders, backendPort, writeCertificate(lab));
  if (running.length < contenders.length) return 1;

  const drive = { lab, wrk, ...options };
  const reports: PhaseReport[] = [];
  const report = (phase: Phase, samples: PhaseSamples) => {
    const made = reportPhase(phase, samples);
    reports.push(made);
    console.log(`\n${formatPhase(phase, made)}`);
  };
  if (wants("keep-alive")) report(KEEP_ALIVE, await runPhase(KEEP_ALIVE, running, drive));
  const courses: Course[] = [];
  for (const phase of [FULL, RESUMED].filter(({ name }) => wants(name))) {
    const clients: Running[] = [];
    for (const each of running) {
      clients.push(await throughTlsClient(lab, haproxy, each, phase === RESUMED));
    }
    courses.push({ phase, contenders: clients });
  }
  const samples = await runTogether(courses, drive);
  for (const [index, { phase }] of courses.entries()) report(phase, samples[index] ?? new Map());
  const resumption = wants("resumption")
    ? await runResumptionBench(drive, haproxy, tools.get("openssl") ?? null)
    : null;
  if (options.profile) {
    await running.find(({ name }) => name === SOZU)?.process.stop();
    keepProfile(lab);
  }
  const certificates = wants("certificates")
    ? await runCertificateBench(drive, { haproxy, backendPort })
    : null;
  const figures = {
    seconds: options.seconds,
    rounds: options.rounds,
    reports,
    resumption,
    certificates,
  };
  console.log(`\nWritten to ${writeOutput("tls", figures)}`);
  return (resumption?.passed ?? true) && (certificates?.passed ?? true) ? 0 : 1;
}

/** Ours where one certificate serves and nothing asks for the server name: the runtime's own TLS. */
function sozuStatic(): Contender {
  return sozuProxy({
    name: `${SOZU}-static`,
    listener: ({ tls }) =>
      `strict_sni_binding = false
certificate = "${tls?.certificate}"
key = "${tls?.key}"`,
  });
}
