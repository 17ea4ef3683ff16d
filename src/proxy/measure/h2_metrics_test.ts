import assert from "node:assert/strict";
import { helpFor } from "../../exposition/metric_help.ts";
import { H2Counters } from "../../protocol/h2/connection/counters.ts";
import { Flood } from "../../protocol/h2/flood_guard.ts";
import { ErrorCode } from "../../protocol/h2/frames/error_code.ts";
import { FrameType } from "../../protocol/h2/frames/frame.ts";
import { HeadProblem } from "../../protocol/h2/heads/head_problem.ts";
import { h2Levels, h2Metrics } from "./h2_metrics.ts";

function told(counters: H2Counters): Record<string, number> {
  return Object.fromEntries(h2Metrics(counters).map(({ name, value }) => [name, value]));
}

/** Counters of which each has counted something, given what it counted in order. */
function everything(): H2Counters {
  const counters = new H2Counters();
  let next = 1;
  for (const [key, count] of Object.entries(counters)) {
    if (count instanceof Float64Array) { for (let i = 0; i < count.length; i++) count[i] = next++; }
    else Reflect.set(counters, key, next++);
  }
  return counters;
}

Deno.test("what HTTP/2 has not counted is not told", () => {
  assert.deepEqual(told(new H2Counters()), {});
});

Deno.test("frames are told as sozu tells them", () => {
  const counters = new H2Counters();
  counters.frame(false, FrameType.HEADERS);
  counters.frame(false, FrameType.CONTINUATION);
  counters.frame(false, FrameType.DATA);
  counters.frame(false, FrameType.PRIORITY_UPDATE);
  counters.frame(false, 0x42 as FrameType);
  counters.frame(true, FrameType.SETTINGS);
  counters.frame(true, FrameType.SETTINGS);
  counters.settingsAcknowledged++;
  counters.frame(true, FrameType.PING);
  counters.frame(true, FrameType.PING);
  counters.pingsAnswered++;
  counters.frame(true, FrameType.CONTINUATION);
  assert.deepEqual(told(counters), {
    "h2.frames.rx.data": 1,
    "h2.frames.rx.headers": 2,
    "h2.frames.rx.priority_update": 1,
    "h2.frames.rx.unknown": 1,
    "h2.frames.tx.continuation": 1,
    "h2.frames.tx.settings": 1,
    "h2.frames.tx.ping_ack": 1,
  });
});

Deno.test("resets and GOAWAYs are told by their codes, those of peers also when unknown", () => {
  const counters = new H2Counters();
  counters.reset(true, ErrorCode.CANCEL);
  counters.reset(false, ErrorCode.NO_ERROR);
  counters.reset(false, 0xbad);
  counters.goaway(true, ErrorCode.ENHANCE_YOUR_CALM);
  counters.goaway(false, ErrorCode.HTTP_1_1_REQUIRED);
  counters.goaway(false, 99);
  assert.deepEqual(told(counters), {
    "h2.rst_stream.sent.cancel": 1,
    "h2.rst_stream.received.no_error": 1,
    "h2.rst_stream.received.unknown_error": 1,
    "h2.goaway.sent.enhance_your_calm": 1,
    "h2.goaway.received.http_1_1_required": 1,
    "h2.goaway.received.unknown_error": 1,
  });
});

Deno.test("refused heads are all in the total, and by their reason where that has a name", () => {
  const counters = new H2Counters();
  counters.rejectedHeads[HeadProblem.DUPLICATE_CL] = 2;
  counters.rejectedHeads[HeadProblem.MISSING_PSEUDO] = 3;
  counters.floods[Flood.GLITCH_WINDOW] = 1;
  assert.deepEqual(told(counters), {
    "h2.headers.rejected.duplicate_cl": 2,
    "h2.headers.rejected.total": 5,
    "h2.flood.violation.glitch_window": 1,
  });
});

Deno.test("no two counts of HTTP/2 have the same name, and clearing leaves none", () => {
  const counters = everything();
  const names = h2Metrics(counters).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^(h2|backend)\.[a-z0-9_]+(\.[a-z0-9_]+)*$/);
  assert.ok(names.length > 100, `${names.length}`);
  counters.clear();
  assert.deepEqual(counters, new H2Counters());
});

Deno.test("every count of HTTP/2 has a text for those who scrape it", () => {
  for (const { name } of h2Metrics(everything())) {
    assert.ok(!helpFor(name).startsWith("Measurement "), name);
  }
});

Deno.test("levels are sums over the connections that are open, zero without any", () => {
  const values = (connections: Parameters<typeof h2Levels>[0]) =>
    Object.fromEntries(h2Levels(connections).map(({ name, value }) => [name, value]));
  const one = { streams: 2, windowBytes: 65_535, pendingWindowUpdates: 1, readyIncremental: 1 };
  const other = { streams: 1, windowBytes: 10, pendingWindowUpdates: 0, readyIncremental: 2 };
  assert.deepEqual(values([one, other]), {
    "h2.connection.active_streams": 3,
    "h2.connection.window_bytes": 65_545,
    "h2.connection.pending_window_updates": 1,
    "h2.streams.ready_incremental.by_urgency": 3,
  });
  assert.deepEqual(Object.values(values([])), [0, 0, 0, 0]);
  for (const { name, gauge } of h2Levels([])) {
    assert.ok(gauge && !helpFor(name).startsWith("Measurement "), name);
  }
});
