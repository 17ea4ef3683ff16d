// The bounds of connections of HTTP/2 to backends. They serve the clients of all listeners, so none of these
// comes from one of them.

import type { H2Limits } from "../../../protocol/h2/limits.ts";

/**
 * Connections that a worker opens to one backend: enough for a hundred requests at a time each, and for a backend
 * that takes one at a time as many as make sense.
 */
export const MAX_SHARED_UPSTREAMS_PER_BACKEND = 128;
/**
 * Streams that a connection is given, however many its backend takes: each may hold a window of 64 KiB that its
 * client does not read, and together they must leave some of the window of the connection to the others.
 */
export const MOST_STREAMS = 200;
/** Such connections in all, so that the buffers they are read into are bounded. */
export const MAX_SHARED_UPSTREAMS = 1024;
/**
 * An idle connection is asked for a sign of life after this: twice before it is closed, which is as often as
 * servers of gRPC let a client ask that has no requests.
 */
export const PING_AFTER_MS = 12_000;
/** A backend that is alive answers at once, whatever it is busy with. */
export const PING_TIMEOUT_MS = 5_000;

/** No bound. */
const ANY = Number.POSITIVE_INFINITY;

/**
 * A backend may not do more than a client. What is waited for has deadlines of its own: those of the
 * exchanges, and of the connection.
 */
export const SHARED_UPSTREAM_LIMITS: H2Limits = {
  connectionWindow: 16_777_216,
  maxConcurrentStreams: 100,
  streamIdleMs: ANY,
  gracefulShutdownMs: 0,
  maxResetsPerWindow: 2_000,
  maxResets: 200_000,
  maxPreResponseResets: 1_000,
  maxEmittedResets: 10_000,
  streamRefusalPercent: 50,
  maxPingsPerWindow: 2_000,
  maxSettingsPerWindow: 1_000,
  maxEmptyDataPerWindow: 2_000,
  maxConnectionWindowUpdatesPerWindow: 2_000,
  maxGlitchesPerWindow: 2_000,
  maxContinuationFrames: 20,
  maxHeaderListSize: 65_536,
  maxHeaderFields: 128,
  maxHeaderTableSize: 65_536,
};
