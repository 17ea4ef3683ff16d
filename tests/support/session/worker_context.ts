// The context of a worker without its sockets and clocks, for tests of sessions: time stands still until
// the test moves the wheel.

import { LINGER_MS, LINGER_STEP_BYTES, LINGER_STEP_MS } from "../../../config/defaults.ts";
import type { Dialer } from "../../../src/io/contracts.ts";
import { runtimeTimers } from "../../../src/io/net/timers.ts";
import { sha256 } from "../../../src/io/x509/sha256.ts";
import { loggerOf } from "../../../src/observe/log/log.ts";
import type { Http2Slot } from "../../../src/session/http/http2.ts";
import type { WorkerContext } from "../../../src/session/worker_context.ts";
import { createWorkerContext } from "../../../src/session/worker_context.ts";

/** For tests in which nobody speaks HTTP/2. */
export const NO_HTTP2: Http2Slot = { loaded: null };

/** Whether tests serve HTTP/1.1 by the written-out loop, as they do unless told, or by the relay. */
const FAST_PATH = Deno.env.get("SOZU_TEST_FAST_PATH") !== "off";

/** A worker context for `maxConnections` connections; dialling fails unless a dialer is given. */
export function testWorkerContext(
  maxConnections = 10,
  dialer = unreachable,
  fastPath = FAST_PATH,
): WorkerContext {
  return createWorkerContext({
    dialer,
    timers: runtimeTimers,
    loggerOf,
    clock: () => 0,
    wallClock: () => 0,
    atEndOfTurn: queueMicrotask,
    fillRandom: (into) => void into.fill(7),
    maxConnections,
    maxBuffers: maxConnections,
    bufferSize: 4096,
    sha256,
    maxConnectionsPerIp: 0,
    fastPath,
    subnets: { limit: 0, ipv4Prefix: 32, ipv6Prefix: 128 },
    limits: {
      retryAfter: 60,
      maxCredentialBytes: 0,
      linger: { totalMs: LINGER_MS, stepMs: LINGER_STEP_MS, stepBytes: LINGER_STEP_BYTES },
    },
  });
}

const unreachable: Dialer = { connect: () => Promise.reject(new Error("unreachable")) };
