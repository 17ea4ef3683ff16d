import assert from "node:assert/strict";
import { testLimits } from "../../../tests/support/h2/limits.ts";
import { adjustedSettings, h2LimitsOf } from "./h2_limits.ts";

Deno.test("a listener without HTTP/2 keys has the defaults", () => {
  assert.deepEqual(h2LimitsOf({ back_timeout: 30 }), testLimits());
});

Deno.test("each HTTP/2 key of a listener is the bound of its name", () => {
  const limits = h2LimitsOf({
    back_timeout: 30,
    h2_initial_connection_window: 70_000,
    h2_max_concurrent_streams: 11,
    h2_stream_idle_timeout_seconds: 12,
    h2_graceful_shutdown_deadline_seconds: 13,
    h2_max_rst_stream_per_window: 14,
    h2_max_rst_stream_lifetime: 15n,
    h2_max_rst_stream_abusive_lifetime: 16n,
    h2_max_rst_stream_emitted_lifetime: 17n,
    h2_stream_refusal_percent: 18,
    h2_max_ping_per_window: 19,
    h2_max_settings_per_window: 20,
    h2_max_empty_data_per_window: 21,
    h2_max_window_update_stream0_per_window: 22,
    h2_max_glitch_count: 23,
    h2_max_continuation_frames: 24,
    h2_max_header_list_size: 25,
    h2_max_header_fields: 26,
    h2_max_header_table_size: 27,
  });
  assert.deepEqual(limits, {
    connectionWindow: 70_000,
    maxConcurrentStreams: 11,
    streamIdleMs: 12_000,
    gracefulShutdownMs: 13_000,
    maxResetsPerWindow: 14,
    maxResets: 15,
    maxPreResponseResets: 16,
    maxEmittedResets: 17,
    streamRefusalPercent: 18,
    maxPingsPerWindow: 19,
    maxSettingsPerWindow: 20,
    maxEmptyDataPerWindow: 21,
    maxConnectionWindowUpdatesPerWindow: 22,
    maxGlitchesPerWindow: 23,
    maxContinuationFrames: 24,
    maxHeaderListSize: 25,
    maxHeaderFields: 26,
    maxHeaderTableSize: 27,
  });
});

Deno.test("what is outside of the bounds of a worker becomes the bound", () => {
  const low = h2LimitsOf({
    back_timeout: 30,
    h2_initial_connection_window: 0,
    h2_max_concurrent_streams: 0,
    h2_max_rst_stream_lifetime: 0n,
    h2_max_glitch_count: 0,
    h2_graceful_shutdown_deadline_seconds: 0,
    h2_stream_refusal_percent: 0,
  });
  assert.equal(low.connectionWindow, 65_535);
  assert.equal(low.maxConcurrentStreams, 1);
  assert.equal(low.maxResets, 1);
  assert.equal(low.maxGlitchesPerWindow, 1);
  assert.equal(low.gracefulShutdownMs, 0);
  assert.equal(low.streamRefusalPercent, 0);
  const high = h2LimitsOf({
    back_timeout: 30,
    h2_initial_connection_window: 4_294_967_295,
    h2_max_concurrent_streams: 10_001,
  });
  assert.equal(high.connectionWindow, 2_147_483_647);
  assert.equal(high.maxConcurrentStreams, 10_000);
});

Deno.test("streams may be idle as long as backends may be silent, unless told otherwise", () => {
  const idle = (back_timeout: number, told?: number) =>
    h2LimitsOf({
      back_timeout,
      ...(told === undefined ? {} : { h2_stream_idle_timeout_seconds: told }),
    }).streamIdleMs;
  assert.equal(idle(180), 180_000);
  assert.equal(idle(5), 30_000);
  assert.equal(idle(180, 10), 10_000);
  assert.equal(idle(5, 600), 600_000);
  assert.equal(idle(30, 0), 1_000);
});

Deno.test("what is not taken as it was given is said", () => {
  const given = (window: number, streams: number) =>
    adjustedSettings({
      back_timeout: 30,
      h2_initial_connection_window: window,
      h2_max_concurrent_streams: streams,
    });
  assert.deepEqual(adjustedSettings({ back_timeout: 30 }), []);
  assert.deepEqual(given(65_535, 10_000), []);
  assert.deepEqual(given(1, 20_000), [
    ["h2_initial_connection_window", 1, 65_535],
    ["h2_max_concurrent_streams", 20_000, 10_000],
  ]);
});
