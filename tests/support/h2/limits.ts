// What the tests of the HTTP/2 cores share.

import type { H2Limits } from "../../../src/protocol/h2/limits.ts";

/** The default limits of a listener, but for `changed`. */
export function testLimits(changed: Partial<H2Limits> = {}): H2Limits {
  return {
    connectionWindow: 16_777_216,
    maxConcurrentStreams: 100,
    streamIdleMs: 30_000,
    gracefulShutdownMs: 5_000,
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
    ...changed,
  };
}
