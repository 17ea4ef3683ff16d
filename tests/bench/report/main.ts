// `deno task bench report`: what proxies cost on the reader's own machine, and what they lose while they are reloaded
// or upgraded under load, as two tables in Markdown.

import { freePort } from "../../support/ports.ts";
import { Lab } from "../../support/process/lab.ts";
import { type Running, startBackend } from "../contenders/arena.ts";
import { haproxyProxy } from "../contenders/haproxy_proxy.ts";
import { nginxProxy } from "../contenders/nginx_proxy.ts";
import { sozuProxy } from "../contenders/sozu_proxy.ts";
import { type BenchOptions, runPhase, startAll } from "../figures/comparison.ts";
import { outputPath } from "../figures/output.ts";
import { type Phase, PHASES } from "../figures/phases.ts";
import { type PhaseReport, reportPhase } from "../figures/report.ts";
import { H2_PHASES } from "../h2/phases.ts";
import { runH2load } from "../load/h2load.ts";
import { findTools } from "../load/tools.ts";
import { writeCertificate } from "../tls/lab.ts";
import { KEEP_ALIVE } from "../tls/main.ts";
import { reloadResults } from "./reloads.ts";
import { type Report, reportText } from "./tables.ts";

/** Between two reloads. */
const RELOAD_SECONDS = 1;

/** Measures, prints the report and writes it down; the exit code is 0 when everything could be measured. */
export async function runReportBench(options: BenchOptions): Promise<number> {
  const tools = await findTools(["nginx", "haproxy", "wrk", "h2load"]);
  const [nginx, haproxy, wrk, h2load] = [
    tools.get("nginx"),
    tools.get("haproxy"),
    tools.get("wrk"),
    tools.get("h2load"),
  ];
  if (nginx === undefined || haproxy === undefined) return 1;
  if (wrk === undefined || h2load === undefined) return 1;
  await using lab = new Lab();
  const backendPort = freePort();
  await startBackend(lab, nginx, [backendPort]);
  const contenders = [sozuProxy(), nginxProxy(nginx), haproxyProxy(haproxy)];
  const drive = { lab, wrk, ...options };
  const costs: PhaseReport[] = [];
  const measure = async (phase: Phase, running: readonly Running[], send = {}) => {
    costs.push(reportPhase(phase, await runPhase(phase, running, { ...drive, ...send })));
  };

  const clear = await startAll(lab, contenders, backendPort);
  for (const phase of PHASES) await measure(phase, clear);
  for (const { process } of clear) await process.stop();

  const tls = writeCertificate(lab);
  const secure = await startAll(lab, contenders, backendPort, tls, true);
  await measure({ ...KEEP_ALIVE, name: "tls-keep-alive" }, secure);
  for (const phase of H2_PHASES.filter(({ name }) => name === "small-tls")) {
    await measure(phase, secure, {
      send: (_: Phase, { port }: Running, seconds: number) =>
        runH2load(h2load, { ...phase, port, seconds, logPath: lab.path("h2load.log") }),
    });
  }
  for (const { process } of secure) await process.stop();

  const report: Report = {
    at: new Date().toISOString().slice(0, 10),
    machine: await machine(),
    versions: await versions(nginx, haproxy),
    seconds: options.seconds,
    rounds: options.rounds,
    costs,
    reloads: await reloadResults(lab, { nginx, haproxy }, backendPort, RELOAD_SECONDS),
  };
  const text = reportText(report);
  const path = outputPath("report.md");
  Deno.writeTextFileSync(path, text);
  console.log(`${text}\nWritten to ${path}`);
  return clear.length + secure.length === 2 * contenders.length ? 0 : 1;
}

async function machine(): Promise<string> {
  const cpu = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = /^model name\s*: (.*)$/m.exec(cpu)?.[1] ?? Deno.build.arch;
  return `${navigator.hardwareConcurrency} cores (${model}), ${Deno.build.os}`;
}

async function versions(nginx: string, haproxy: string): Promise<string[]> {
  const first = async (command: string, args: string[], pattern: RegExp) => {
    const { stdout, stderr } = await new Deno.Command(command, { args }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return pattern.exec(text)?.[1] ?? "unknown";
  };
  return [
    `Deno ${Deno.version.deno}`,
    `nginx ${await first(nginx, ["-v"], /nginx\/(\S+)/)}`,
    `HAProxy ${await first(haproxy, ["-v"], /version (\S+)/)}`,
  ];
}
