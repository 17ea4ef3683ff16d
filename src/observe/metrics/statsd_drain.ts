// The lines for a statsd server in one pass: counts as their growth since the last pass, gauges when they have
// changed, times as samples. The last values of each scope are kept; those of removed scopes are dropped. Pure:
// the caller has the clock and the socket.

import type { Metric } from "./counters.ts";
import { Datagrams } from "./datagrams.ts";
import { PendingTimes } from "./pending_times.ts";
import { SCOPE_COUNTS, SCOPE_TIMES } from "./scope_metrics.ts";
import type { Series } from "./series.ts";
import { StatsdLines, type StatsdScope, type StatsdSource } from "./statsd_line.ts";

/**
 * Lines for samples in one pass. Equal samples get a line each as long as there is room, then share one
 * with a sample rate: a busy worker has more samples a second than a statsd server takes lines.
 */
const MAX_TIME_LINES = 512;

/** One scope at this moment. */
export interface DrainedScope extends StatsdScope {
  readonly metrics: readonly Metric[];
  readonly series: Series | null;
}

/** The values of one scope that were sent last. */
interface Sent {
  readonly lines: StatsdLines;
  readonly metrics: Map<string, number>;
  series: Series | null;
  counts: Float64Array;
  pass: number;
}

/** The statsd lines of one process. */
export class StatsdDrain {
  readonly times = new PendingTimes();
  readonly #source: StatsdSource;
  readonly #datagrams = new Datagrams();
  readonly #sent = new Map<string, Sent>();
  #pass = 0;
  #timeLines = 0;

  constructor(source: StatsdSource) {
    this.#source = source;
  }

  /** Lines and samples that could not be sent so far. */
  get dropped(): number {
    return this.#datagrams.dropped + this.times.dropped;
  }

  /** The datagrams of one pass over all scopes. */
  pass(scopes: Iterable<DrainedScope>): Uint8Array[] {
    this.#pass++;
    this.#timeLines = 0;
    for (const scope of scopes) {
      const sent = this.#sentOf(scope);
      for (const metric of scope.metrics) this.#addMetric(sent, metric);
      if (scope.series !== null) this.#addSeries(sent, scope.series);
    }
    for (const [key, { pass }] of this.#sent) if (pass !== this.#pass) this.#sent.delete(key);
    this.times.forget();
    return this.#datagrams.take();
  }

  #sentOf(scope: DrainedScope): Sent {
    // Ids may hold any character, so the length of the first one separates them.
    const key = `${scope.cluster?.length ?? -1} ${scope.cluster ?? ""} ${scope.backend ?? ""}`;
    let sent = this.#sent.get(key);
    if (sent === undefined) {
      sent = {
        lines: new StatsdLines(this.#source, scope),
        metrics: new Map(),
        series: null,
        counts: new Float64Array(SCOPE_COUNTS.length),
        pass: 0,
      };
      this.#sent.set(key, sent);
    }
    // Another series with the same id begins at zero.
    if (sent.series !== scope.series) sent.counts.fill(0);
    sent.series = scope.series;
    sent.pass = this.#pass;
    return sent;
  }

  #addMetric({ lines, metrics }: Sent, { name, value, gauge }: Metric): void {
    const before = metrics.get(name);
    const whole = Math.floor(gauge ? Math.max(0, value) : value);
    if (whole === before) return;
    metrics.set(name, whole);
    if (gauge) return this.#datagrams.add(lines.line(name, whole, "g"));
    const growth = growthOf(before ?? 0, whole);
    if (growth > 0) this.#datagrams.add(lines.line(name, growth, "c"));
  }

  #addSeries({ lines, counts }: Sent, series: Series): void {
    if (series.changed) {
      series.changed = false;
      for (let i = 0; i < counts.length; i++) {
        const now = series.counts[i] as number;
        const growth = growthOf(counts[i] as number, now);
        counts[i] = now;
        if (growth > 0) this.#datagrams.add(lines.line(SCOPE_COUNTS[i] as string, growth, "c"));
      }
    }
    for (const { time, value, times } of this.times.take(series)) {
      this.#addTime(lines, SCOPE_TIMES[time] as string, value, times);
    }
  }

  #addTime(lines: StatsdLines, name: string, value: number, times: number): void {
    const apart = this.#timeLines + times <= MAX_TIME_LINES;
    const count = apart ? times : 1;
    this.#timeLines += count;
    const line = lines.line(name, value, "ms", apart ? 1 : times);
    for (let i = 0; i < count; i++) this.#datagrams.add(line);
  }
}

/** A count that is lower than before was cleared. */
function growthOf(before: number, now: number): number {
  return now < before ? now : now - before;
}
