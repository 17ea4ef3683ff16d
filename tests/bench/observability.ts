// `deno task bench observability`: what it costs to be watched.

import { Lab } from "../support/process/lab.ts";
import { freePort } from "../support/ports.ts";
import { startBackend } from "./contenders/arena.ts";
import { COST_BAR, type LogCost, measureLogCost, STALL_BAR } from "./log_cost.ts";
import { disagreements, type Sum } from "../support/observe/metric_sums.ts";
import { compareSums } from "./figures/sums.ts";
import { writeOutput } from "./figures/output.ts";
import { formatTable } from "./figures/report.ts";
import { findTools } from "./load/tools.ts";

/** Runs the benchmark; the exit code is 0 when every bar was met. */
export async function runObservabilityBench(
  options: { readonly seconds: number; readonly rounds: number },
): Promise<number> {
  const tools = await findTools(["nginx", "wrk"]);
  const nginx = tools.get("nginx");
  const wrk = tools.get("wrk");
  if (nginx === undefined || wrk === undefined) return 1;
  await using lab = new Lab();
  const backendPort = freePort();
  await startBackend(lab, nginx, [backendPort]);
  const logs = await measureLogCost(lab, wrk, backendPort, options);
  console.log(formatLogs(logs));
  const compared = await compareSums();
  console.log(`\n${formatSums(compared)}`);
  console.log(`\nWritten to ${writeOutput("observability", { ...options, logs, sums: compared })}`);
  const agree = disagreements(compared).length === 0;
  return agree && logs.every(({ passed }) => passed) ? 0 : 1;
}

function formatSums(compared: readonly Sum[]): string {
  const rows = compared.map(({ name, proxy, others }) => [
    name,
    String(proxy),
    String(others),
    proxy === others ? "ok" : "MISSED",
  ]);
  const title = ["sum", "proxy", "clients, backends", ""];
  return `100,000 requests over two workers: every sum agrees\n\n` +
    formatTable([title, ...rows]).join("\n");
}

function formatLogs(logs: readonly LogCost[]): string {
  const rows = logs.map((cost) => [
    cost.name,
    cost.cpuMicros.toFixed(2),
    cost.cpuRatio.toFixed(3),
    (cost.p99Micros / 1_000).toFixed(2),
    cost.p99Ratio.toFixed(2),
    String(cost.requests),
    String(cost.unsent),
    cost.passed ? "ok" : "MISSED",
  ]);
  const title = [
    "watched by",
    "CPU us/request",
    "ratio",
    "p99 ms",
    "ratio",
    "requests",
    "unsent",
    "",
  ];
  return `Metrics and access logs: CPU <= ${COST_BAR} x for lines in a file, p99 <= ${STALL_BAR} x and records ` +
    `counted as unsent while a target does not read\n\n${formatTable([title, ...rows]).join("\n")}`;
}
