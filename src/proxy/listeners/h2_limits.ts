// The bounds of HTTP/2 connections as a listener has them configured. What a saved state carries below a
// floor, or above what a worker takes, becomes that bound: state that was served once is served again.

import * as defaults from "../../../config/h2_defaults.ts";
import type { HttpListenerConfig } from "../../../config/schema/messages.ts";
import type { H2Limits } from "../../protocol/h2/limits.ts";

/** The settings read here; HTTPS listeners have the same. */
export type H2Settings =
  & Readonly<
    Pick<HttpListenerConfig, Extract<keyof HttpListenerConfig, `h2_${string}`>>
  >
  & Pick<HttpListenerConfig, "back_timeout">;

/** The bounds of connections that begin now. */
export function h2LimitsOf(settings: H2Settings): H2Limits {
  return {
    connectionWindow: Math.max(
      Math.min(
        settings.h2_initial_connection_window ??
          defaults.WORKER_H2_INITIAL_CONNECTION_WINDOW_BYTES,
        defaults.MAX_H2_CONNECTION_WINDOW_BYTES,
      ),
      defaults.MIN_H2_CONNECTION_WINDOW_BYTES,
    ),
    maxConcurrentStreams: Math.min(
      bound(settings.h2_max_concurrent_streams, defaults.WORKER_H2_MAX_CONCURRENT_STREAMS),
      defaults.MAX_H2_CONCURRENT_STREAMS,
    ),
    streamIdleMs: streamIdleSeconds(settings) * 1000,
    gracefulShutdownMs: 1000 * (settings.h2_graceful_shutdown_deadline_seconds ??
      defaults.WORKER_H2_GRACEFUL_SHUTDOWN_SECONDS),
    maxResetsPerWindow: bound(
      settings.h2_max_rst_stream_per_window,
      defaults.WORKER_H2_MAX_RST_STREAM_PER_WINDOW,
    ),
    maxResets: bound(
      settings.h2_max_rst_stream_lifetime,
      defaults.WORKER_H2_MAX_RST_STREAM_LIFETIME,
    ),
    maxPreResponseResets: bound(
      settings.h2_max_rst_stream_abusive_lifetime,
      defaults.WORKER_H2_MAX_RST_STREAM_ABUSIVE_LIFETIME,
    ),
    maxEmittedResets: bound(
      settings.h2_max_rst_stream_emitted_lifetime,
      defaults.WORKER_H2_MAX_RST_STREAM_EMITTED_LIFETIME,
    ),
    streamRefusalPercent: settings.h2_stream_refusal_percent ??
      defaults.WORKER_H2_STREAM_REFUSAL_PERCENT,
    maxPingsPerWindow: bound(
      settings.h2_max_ping_per_window,
      defaults.WORKER_H2_MAX_PING_PER_WINDOW,
    ),
    maxSettingsPerWindow: bound(
      settings.h2_max_settings_per_window,
      defaults.WORKER_H2_MAX_SETTINGS_PER_WINDOW,
    ),
    maxEmptyDataPerWindow: bound(
      settings.h2_max_empty_data_per_window,
      defaults.WORKER_H2_MAX_EMPTY_DATA_PER_WINDOW,
    ),
    maxConnectionWindowUpdatesPerWindow: bound(
      settings.h2_max_window_update_stream0_per_window,
      defaults.WORKER_H2_MAX_WINDOW_UPDATE_STREAM0_PER_WINDOW,
    ),
    maxGlitchesPerWindow: bound(
      settings.h2_max_glitch_count,
      defaults.WORKER_H2_MAX_GLITCH_COUNT,
    ),
    maxContinuationFrames: bound(
      settings.h2_max_continuation_frames,
      defaults.WORKER_H2_MAX_CONTINUATION_FRAMES,
    ),
    maxHeaderListSize: bound(
      settings.h2_max_header_list_size,
      defaults.WORKER_H2_MAX_HEADER_LIST_BYTES,
    ),
    maxHeaderFields: bound(
      settings.h2_max_header_fields,
      defaults.WORKER_H2_MAX_HEADER_FIELDS,
    ),
    maxHeaderTableSize: bound(
      settings.h2_max_header_table_size,
      defaults.WORKER_H2_MAX_HEADER_TABLE_BYTES,
    ),
  };
}

/** Settings that are not taken as they are: the name, what was given and what is used instead. */
export function adjustedSettings(settings: H2Settings): [string, number, number][] {
  const { connectionWindow, maxConcurrentStreams } = h2LimitsOf(settings);
  const used = {
    h2_initial_connection_window: connectionWindow,
    h2_max_concurrent_streams: maxConcurrentStreams,
  };
  return (Object.keys(used) as (keyof typeof used)[]).flatMap((name) => {
    const given = settings[name];
    return given === undefined || given === used[name] ? [] : [[name, given, used[name]]];
  });
}

/** A count of at least one. Lifetimes beyond what a number holds exactly are as good as unbounded. */
function bound(configured: number | bigint | undefined, standard: number): number {
  return Math.max(1, Number(configured ?? standard));
}

/** As long as its backend may be silent, unless told otherwise. */
function streamIdleSeconds(settings: H2Settings): number {
  const { h2_stream_idle_timeout_seconds: configured, back_timeout } = settings;
  return configured === undefined
    ? Math.max(back_timeout, defaults.WORKER_H2_STREAM_IDLE_TIMEOUT_SECONDS)
    : Math.max(configured, defaults.MIN_H2_STREAM_IDLE_SECONDS);
}
