// `deno task bench tls`: HTTPS beside nginx and HAProxy, CPU for each request, each full and each resumed
// handshake; then certificates that are replaced under load, and very many of them.

import { freePort } from "../support/ports.ts";
import { Lab } from "../support/lab.ts";
import { type Running, startBackend } from "./arena.ts";
import type { Contender } from "./contenders.ts";
import { haproxyProxy } from "./haproxy_proxy.ts";
import { runPhase, startAll } from "./comparison.ts";
import { nginxProxy } from "./nginx_proxy.ts";
import { writeOutput } from "./output.ts";
import type { Phase } from "./phases.ts";
import { keepProfile, profileFlags } from "./profile.ts";
import { formatPhase, type PhaseReport, reportPhase } from "./report.ts";
import { SOZU, sozuProxy } from "./sozu_proxy.ts";
import { runCertificateBench } from "./tls_certificates.ts";
import { throughTlsClient, writeCertificate } from "./tls_lab.ts";
import { findTools } from "./tools.ts";

/** What can be chosen. */
export interface TlsBenchOptions {
  /** Names of the phases, and `certificates`; all unless told. */
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

const KEEP_ALIVE: Phase = {
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

/** What counts is that it is cheaper than a full handshake of ours; nginx is there to compare. */
const RESUMED: Phase = {
  ...FULL,
  bar: 2.0,
  name: "resumed",
  title: "one connection per request, resumed TLS 1.3 sessions",
};

/** Runs the benchmark; the exit code is 0 when everything could be measured and nothing failed. */
export async function runTlsBench(options: TlsBenchOptions): Promise<number> {
  const tools = await findTools(["nginx", "haproxy", "wrk"]);
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
  const report = async (phase: Phase, targets: readonly Running[]) => {
    reports.push(reportPhase(phase, await runPhase(phase, targets, drive)));
    console.log(`\n${formatPhase(phase, reports.at(-1) as PhaseReport)}`);
  };
  if (wants("keep-alive")) await report(KEEP_ALIVE, running);
  for (const phase of [FULL, RESUMED].filter(({ name }) => wants(name))) {
    const resumes = phase === RESUMED;
    const targets: Running[] = [];
    for (const each of running) {
      targets.push(await throughTlsClient(lab, haproxy, each, resumes));
    }
    await report(phase, targets);
  }
  const cheaper = reportResumption(reports);
  if (options.profile) {
    await running.find(({ name }) => name === SOZU)?.process.stop();
    keepProfile(lab);
  }
  const certificates = wants("certificates")
    ? await runCertificateBench(drive, { haproxy, backendPort })
    : null;
  const figures = { seconds: options.seconds, rounds: options.rounds, reports, certificates };
  console.log(`\nWritten to ${writeOutput("tls", figures)}`);
  return cheaper && (certificates?.passed ?? true) ? 0 : 1;
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

/**
 * Says whether resuming is cheaper than shaking hands in full; true when it was not measured. The two were
 * measured one after the other, so the best round of each is compared.
 */
function reportResumption(reports: readonly PhaseReport[]): boolean {
  const figureOf = (name: string) =>
    reports.find(({ phase }) => phase === name)?.lines.find((line) => line.name === SOZU)?.best;
  const [full, resumed] = [figureOf(FULL.name), figureOf(RESUMED.name)];
  if (full === undefined || resumed === undefined) return true;
  const cheaper = resumed < full;
  console.log(
    `\nA resumed session costs ${(resumed / full).toFixed(2)} of a full handshake: ` +
      `${cheaper ? "PASS" : "MISS"} (bar: < 1)`,
  );
  return cheaper;
}
