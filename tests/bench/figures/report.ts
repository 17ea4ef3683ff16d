// From samples to verdicts and tables. Pure.

import type { Phase, Sample } from "./phases.ts";
import { SOZU } from "../contenders/sozu_proxy.ts";
import { median } from "./statistics.ts";

/** The samples of one phase, one a round, by contender. */
export type PhaseSamples = ReadonlyMap<string, readonly Sample[]>;

/** One contender's line in a phase's table: medians over the rounds. */
export interface Line {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** The phase's figure over all processes of the proxy. */
  readonly figure: number;
  /** The same for its busiest process alone. */
  readonly workerFigure: number;
  /** Median over the rounds of this figure divided by the peer's in the same round. */
  readonly ratio: number | null;
  readonly errors: number;
}

/** How ours did against its bar. */
export type Verdict = "PASS" | "MISS" | "NOT MEASURED" | "INFORMATION";

/** A phase's table and verdict. */
export interface PhaseReport {
  readonly phase: string;
  readonly figure: string;
  readonly peers: string;
  readonly bar: number | null;
  readonly lines: readonly Line[];
  readonly verdict: Verdict;
}

/** Sums up a phase. Failed requests of ours miss the bar whatever the figure. */
export function reportPhase(phase: Phase, samples: PhaseSamples): PhaseReport {
  const lines = [...samples].map(([name, rounds]) => lineOf(phase, name, rounds, samples));
  const ours = lines.find(({ name }) => name === SOZU);
  return {
    phase: phase.name,
    figure: phase.figure,
    peers: phase.peers,
    bar: phase.bar,
    lines,
    verdict: verdictOf(phase, ours),
  };
}

function verdictOf(phase: Phase, ours: Line | undefined): Verdict {
  if (ours === undefined || ours.ratio === null) return "NOT MEASURED";
  if (phase.bar === null) return ours.errors === 0 ? "INFORMATION" : "MISS";
  const within = phase.smallerIsBetter ? ours.ratio <= phase.bar : ours.ratio >= phase.bar;
  return within && ours.errors === 0 ? "PASS" : "MISS";
}

function lineOf(
  phase: Phase,
  name: string,
  rounds: readonly Sample[],
  samples: PhaseSamples,
): Line {
  const mid = (of: (sample: Sample) => number) => median(rounds.map(of));
  const figures = rounds.map((sample) => phase.measure(sample, sample.cpuMicros));
  const ratios = rounds.flatMap((sample, round) => {
    const peer = peerFigure(phase, samples, round);
    return peer === null ? [] : [phase.measure(sample, sample.cpuMicros) / peer];
  });
  return {
    name,
    requestsPerSecond: mid((sample) => sample.requests / (sample.durationMicros / 1e6)),
    p50Micros: mid((sample) => sample.p50),
    p99Micros: mid((sample) => sample.p99),
    figure: median(figures),
    workerFigure: mid((sample) => phase.measure(sample, sample.workerCpuMicros)),
    ratio: ratios.length === 0 ? null : median(ratios),
    errors: rounds.reduce((sum, sample) => sum + sample.errors, 0),
  };
}

/** The figure to beat in one round, or null when no such peer ran. */
function peerFigure(phase: Phase, samples: PhaseSamples, round: number): number | null {
  const names = phase.peers === "better" ? ["nginx", "haproxy"] : [phase.peers];
  const figures = names.flatMap((name) => {
    const sample = samples.get(name)?.[round];
    return sample === undefined ? [] : [phase.measure(sample, sample.cpuMicros)];
  });
  if (figures.length === 0) return null;
  return phase.smallerIsBetter ? Math.min(...figures) : Math.max(...figures);
}

/** A phase's table as text. */
export function formatPhase(phase: Phase, report: PhaseReport): string {
  const versus = phase.peers === "better" ? "better peer" : phase.peers;
  const rows = [
    ["", "requests/s", "p50 ms", "p99 ms", phase.figure, "worker alone", `/ ${versus}`, "errors"],
    ...report.lines.map((line) => [
      line.name,
      line.requestsPerSecond.toFixed(phase.name === "bulk" ? 1 : 0),
      (line.p50Micros / 1_000).toFixed(2),
      (line.p99Micros / 1_000).toFixed(2),
      line.figure.toFixed(2),
      line.workerFigure.toFixed(2),
      line.ratio === null ? "-" : line.ratio.toFixed(3),
      String(line.errors),
    ]),
  ];
  const sign = phase.smallerIsBetter ? "<=" : ">=";
  const bound = phase.bar === null ? "none" : `${sign} ${phase.bar.toFixed(2)} x ${versus}`;
  const bar = `${report.verdict} (bar: ${bound})`;
  return [`${phase.name}: ${phase.title}`, ...formatTable(rows), bar].join("\n");
}

/** Rows as lines with aligned columns, the first to the left and the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] as number;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ")
  );
}
