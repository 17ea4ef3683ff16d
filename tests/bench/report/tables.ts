// The report as text. Pure.

import type { PhaseReport } from "../figures/report.ts";

/** What one proxy lost while it was reloaded or upgraded. */
export interface ReloadResult {
  readonly proxy: string;
  /** How it was done, in the words of its operators. */
  readonly how: string;
  readonly reloads: number;
  readonly requests: number;
  readonly failures: number;
  /** The most frequent reason, if any failed. */
  readonly reason: string;
}

/** All that a report says. */
export interface Report {
  readonly at: string;
  readonly machine: string;
  readonly versions: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly costs: readonly PhaseReport[];
  readonly reloads: readonly ReloadResult[];
}

const TITLES: Readonly<Record<string, string>> = {
  "keep-alive": "HTTP/1.1, connections kept",
  "new-connections": "HTTP/1.1, a connection per request",
  "tls-keep-alive": "HTTPS, HTTP/1.1, connections kept",
  "small-tls": "HTTPS, HTTP/2, 100 streams a connection",
  bulk: "HTTP/1.1, bodies of 64 MiB",
};

/** The report in Markdown. */
export function reportText(report: Report): string {
  return [
    "# What proxies cost, and what they lose while they are reloaded",
    "",
    `Measured ${report.at} on ${report.machine}: ${
      report.versions.join(", ")
    }. One worker or thread`,
    "each, the same nginx behind all of them, all on the loopback interface of one machine.",
    "",
    "## Cost",
    "",
    "CPU time of all of a proxy's processes, which does not depend on what else the machine does as",
    `throughput would. Middle of ${report.rounds} rounds of ${report.seconds} s, the proxies in turn.`,
    "",
    ...costTable(report.costs),
    "",
    "## Reloads under load",
    "",
    "Eight clients ask as fast as they are answered, half of them on new connections. Any request that is",
    "not answered 200 whole is a failure, also one that crosses the end of its connection.",
    "",
    ...reloadTable(report.reloads),
    "",
  ].join("\n");
}

function costTable(costs: readonly PhaseReport[]): string[] {
  const names = [...new Set(costs.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  return markdown([
    ["", "figure", ...names],
    ...costs.map(({ phase, figure, lines }) => [
      TITLES[phase] ?? phase,
      figure,
      ...names.map((name) => {
        const line = lines.find((each) => each.name === name);
        if (line === undefined) return "not measured";
        const failed = line.errors > 0 ? `, ${line.errors} failed` : "";
        return `${line.figure.toFixed(1)}${failed}`;
      }),
    ]),
  ]);
}

function reloadTable(reloads: readonly ReloadResult[]): string[] {
  return markdown([
    ["proxy", "reloaded by", "reloads", "requests", "failures", "most frequent failure"],
    ...reloads.map((each) => [
      each.proxy,
      each.how,
      String(each.reloads),
      String(each.requests),
      String(each.failures),
      each.failures === 0 ? "" : each.reason,
    ]),
  ]);
}

/** A table; the first row is its head. */
function markdown([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
