// What the connections of HTTP/2 have counted, by the names that sozu has for it. Only what has happened is
// told: there are a hundred names, and most of them never are.

import type { Metric } from "../../observe/metrics/counters.ts";
import {
  FRAME_NAMES,
  framePosition,
  type H2Counters,
  type H2Levels,
} from "../../protocol/h2/connection/counters.ts";
import { FLOOD_NAMES } from "../../protocol/h2/flood_guard.ts";
import { ERROR_CODE_NAMES } from "../../protocol/h2/frames/error_code.ts";
import { FrameType } from "../../protocol/h2/frames/frame.ts";
import { HeadProblem, problemMetric } from "../../protocol/h2/heads/head_problem.ts";

/** Counts kept by position; a position without a name is not told. */
interface Block {
  readonly counts: (counters: H2Counters) => Float64Array;
  readonly names: readonly (string | null)[];
}

const HEADERS = framePosition(FrameType.HEADERS);
const CONTINUATION = framePosition(FrameType.CONTINUATION);
const SETTINGS = framePosition(FrameType.SETTINGS);
const REJECTED = "h2.headers.rejected.";

/** A code that no specification has can only have come from a peer. */
const CODES = [...ERROR_CODE_NAMES, "unknown_error"];

const BLOCKS: readonly Block[] = [
  { counts: (all) => all.framesReceived, names: frames("rx", ["headers", "continuation"]) },
  { counts: (all) => all.framesSent, names: frames("tx", ["settings", "ping"]) },
  { counts: (all) => all.resetsReceived, names: within("h2.rst_stream.received.", CODES) },
  { counts: (all) => all.resetsSent, names: within("h2.rst_stream.sent.", ERROR_CODE_NAMES) },
  { counts: (all) => all.goawaysReceived, names: within("h2.goaway.received.", CODES) },
  { counts: (all) => all.goawaysSent, names: within("h2.goaway.sent.", ERROR_CODE_NAMES) },
  {
    counts: (all) => all.floods,
    names: within("h2.flood.violation.", [null, ...FLOOD_NAMES.slice(1)]),
  },
  {
    counts: (all) => all.rejectedHeads,
    names: within(REJECTED, [null, ...Object.values(HeadProblem).slice(1).map(problemMetric)]),
  },
];

/** Names and the counts behind them. */
const SINGLE: readonly (readonly [string, (counters: H2Counters) => number])[] = [
  // Where a block goes on in another frame, it is counted as one more of its kind.
  ["h2.frames.rx.headers", ({ framesReceived: rx }) => at(rx, HEADERS) + at(rx, CONTINUATION)],
  ["h2.frames.tx.settings", (all) => at(all.framesSent, SETTINGS) - all.settingsAcknowledged],
  ["h2.frames.tx.ping_ack", (all) => all.pingsAnswered],
  ["h2.rst_stream.received.pre_response_start", (all) => all.resetsBeforeResponse],
  [`${REJECTED}total`, (all) => all.rejectedHeads.reduce((sum, count) => sum + count, 0)],
  [`${REJECTED}budget_overrun`, (all) => all.headsOverBudget],
  ["h2.flood.stream_refused", (all) => all.streamsRefusedSoftly],
  ["h2.streams.reaped.idle_timeout", (all) => all.reapedIdle],
  ["h2.streams.reaped.window_stall", (all) => all.reapedStalled],
  ["h2.streams.reaped.stall_budget", (all) => all.reapedDripping],
  ["h2.flow_control_stall", (all) => all.flowControlStalls],
  ["backend.flow_control.paused", (all) => all.uploadsStalled],
  ["h2.bodiless_response_data_reset", (all) => all.bodilessResponseData],
  ["h2.close_with_active_streams", (all) => all.endedWithStreams],
  ["h2.coalescing.accepted", (all) => all.coalescedRequests],
  ["h2.trailer.spoof_vector_elided", (all) => all.spoofableTrailers],
  ["h2.trailer.forbidden_field_elided", (all) => all.forbiddenTrailers],
  ["h2.trailers_dropped_content_length", (all) => all.trailersBehindLength],
  ["h2.trailers_dropped_no_body", (all) => all.trailersWithoutBody],
];

/** The gauges, each the sum over all connections. */
const LEVELS: readonly (readonly [string, (connection: H2Levels) => number])[] = [
  ["h2.connection.active_streams", (it) => it.streams],
  ["h2.connection.window_bytes", (it) => it.windowBytes],
  ["h2.connection.pending_window_updates", (it) => it.pendingWindowUpdates],
  ["h2.streams.ready_incremental.by_urgency", (it) => it.readyIncremental],
];

/** What connections of HTTP/2 are at. */
export function h2Levels(connections: Iterable<H2Levels>): Metric[] {
  const all = [...connections];
  return LEVELS.map(([name, level]) => {
    const value = all.reduce((sum, connection) => sum + level(connection), 0);
    return { name, value, gauge: true };
  });
}

/** Every count of HTTP/2 that is not zero. */
export function h2Metrics(counters: H2Counters): Metric[] {
  const metrics: Metric[] = [];
  for (const { counts, names } of BLOCKS) {
    const values = counts(counters);
    names.forEach((name, position) => addTo(metrics, name, at(values, position)));
  }
  for (const [name, count] of SINGLE) addTo(metrics, name, count(counters));
  return metrics;
}

function addTo(metrics: Metric[], name: string | null, value: number): void {
  if (name !== null && value > 0) metrics.push({ name, value, gauge: false });
}

function at(counts: Float64Array, position: number): number {
  return counts[position] ?? 0;
}

/** The names of frames by position, without those that are told otherwise. */
function frames(way: "rx" | "tx", otherwise: readonly string[]): (string | null)[] {
  return FRAME_NAMES.map((name) => otherwise.includes(name) ? null : `h2.frames.${way}.${name}`);
}

function within(prefix: string, names: readonly (string | null)[]): (string | null)[] {
  return names.map((name) => name === null ? null : prefix + name);
}
