// What connections count and are at for the metrics `h2.*`. One object may serve all connections of a worker.

import { ERROR_CODE_NAMES, errorCodePosition } from "../frames/error_code.ts";
import { FrameType } from "../frames/frame.ts";
import { FLOOD_NAMES } from "../flood_guard.ts";
import { HeadProblem } from "../heads/head_problem.ts";

const UNKNOWN_TYPE = 11;
const TYPES = 12;

/** Names of the frame types in the order of {@link framePosition}. */
export const FRAME_NAMES: readonly string[] = [
  "data",
  "headers",
  "priority",
  "rst_stream",
  "settings",
  "push_promise",
  "ping",
  "goaway",
  "window_update",
  "continuation",
  "priority_update",
  "unknown",
];

/** Where frames of this type are counted. */
export function framePosition(type: FrameType): number {
  if (type <= FrameType.CONTINUATION) return type;
  return type === FrameType.PRIORITY_UPDATE ? UNKNOWN_TYPE - 1 : UNKNOWN_TYPE;
}

/** What gauges look at in a connection that is open. */
export interface H2Levels {
  /** Live streams. */
  readonly streams: number;
  /** Bytes we may send on all of them together. */
  readonly windowBytes: number;
  /** Streams whose peer is owed credit. */
  readonly pendingWindowUpdates: number;
  /** Streams that have something to send and take turns. */
  readonly readyIncremental: number;
}

/** Counts that only ever rise. Those by code have one place more, for codes that are unknown. */
export class H2Counters {
  readonly framesReceived = new Float64Array(TYPES);
  readonly framesSent = new Float64Array(TYPES);
  readonly resetsReceived = new Float64Array(ERROR_CODE_NAMES.length + 1);
  readonly resetsSent = new Float64Array(ERROR_CODE_NAMES.length + 1);
  readonly goawaysReceived = new Float64Array(ERROR_CODE_NAMES.length + 1);
  readonly goawaysSent = new Float64Array(ERROR_CODE_NAMES.length + 1);
  /** By {@link Flood}. */
  readonly floods = new Float64Array(FLOOD_NAMES.length);
  /** By {@link HeadProblem}. */
  readonly rejectedHeads = new Float64Array(Object.keys(HeadProblem).length);
  /** Of {@link framesSent}: acknowledgements of settings, and answers to PING. */
  settingsAcknowledged = 0;
  pingsAnswered = 0;
  resetsBeforeResponse = 0;
  streamsRefusedSoftly = 0;
  headsOverBudget = 0;
  spoofableTrailers = 0;
  forbiddenTrailers = 0;
  reapedIdle = 0;
  reapedStalled = 0;
  /** Those of {@link reapedStalled} whose window had been opened a little now and then. */
  reapedDripping = 0;
  flowControlStalls = 0;
  /** Those of {@link flowControlStalls} that were to a server. */
  uploadsStalled = 0;
  bodilessResponseData = 0;
  /** Connections of clients that ended while streams were live. */
  endedWithStreams = 0;
  /** Requests for an authority that is not the name their connection was made for, but may be asked for. */
  coalescedRequests = 0;
  /** Trailers that a peer of HTTP/1 was not sent: its body has a length, or it has none. */
  trailersBehindLength = 0;
  trailersWithoutBody = 0;

  /** Counts begin at zero again. */
  clear(): void {
    for (const [key, count] of Object.entries(this)) {
      if (count instanceof Float64Array) count.fill(0);
      else Reflect.set(this, key, 0);
    }
  }

  reset(sent: boolean, code: number): void {
    const counts = sent ? this.resetsSent : this.resetsReceived;
    const at = errorCodePosition(code);
    counts[at] = (counts[at] as number) + 1;
  }

  goaway(sent: boolean, code: number): void {
    const counts = sent ? this.goawaysSent : this.goawaysReceived;
    const at = errorCodePosition(code);
    counts[at] = (counts[at] as number) + 1;
  }

  frame(sent: boolean, type: FrameType): void {
    const counts = sent ? this.framesSent : this.framesReceived;
    const at = framePosition(type);
    counts[at] = (counts[at] as number) + 1;
  }
}
