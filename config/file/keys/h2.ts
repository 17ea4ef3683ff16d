// The HTTP/2 keys of HTTP and HTTPS listeners. Absent keys stay absent in the messages: workers
// apply their own defaults. What values mean anything is said by the rules of the messages.

import * as defaults from "../../h2_defaults.ts";
import { u32, u64 } from "../fields.ts";
import { optional } from "../table.ts";

const HTTP_FAMILY = { only: ["http", "https"] };

const abusePerWindow = (frames: string, fallback: number) =>
  optional(
    u32,
    `${frames} in ${defaults.H2_ABUSE_WINDOW_SECONDS} s, worker default ${fallback}`,
    HTTP_FAMILY,
  );

const count = (meaning: string, fallback: number) =>
  optional(u32, `${meaning}, worker default ${fallback}`, HTTP_FAMILY);

const lifetimeCount = (meaning: string, fallback: number) =>
  optional(u64, `${meaning} of a connection, worker default ${fallback}`, HTTP_FAMILY);

/** `h2_*` keys; each becomes the message field of the same name. */
export const H2_KEYS = {
  h2_max_rst_stream_per_window: abusePerWindow(
    "RST_STREAM frames",
    defaults.WORKER_H2_MAX_RST_STREAM_PER_WINDOW,
  ),
  h2_max_ping_per_window: abusePerWindow("PING frames", defaults.WORKER_H2_MAX_PING_PER_WINDOW),
  h2_max_settings_per_window: abusePerWindow(
    "SETTINGS frames",
    defaults.WORKER_H2_MAX_SETTINGS_PER_WINDOW,
  ),
  h2_max_empty_data_per_window: abusePerWindow(
    "empty DATA frames",
    defaults.WORKER_H2_MAX_EMPTY_DATA_PER_WINDOW,
  ),
  h2_max_window_update_stream0_per_window: abusePerWindow(
    "WINDOW_UPDATE frames on stream 0",
    defaults.WORKER_H2_MAX_WINDOW_UPDATE_STREAM0_PER_WINDOW,
  ),
  h2_max_continuation_frames: count(
    "CONTINUATION frames in a header block",
    defaults.WORKER_H2_MAX_CONTINUATION_FRAMES,
  ),
  h2_max_glitch_count: count("small anomalies", defaults.WORKER_H2_MAX_GLITCH_COUNT),
  h2_initial_connection_window: count(
    "receive window, bytes",
    defaults.WORKER_H2_INITIAL_CONNECTION_WINDOW_BYTES,
  ),
  h2_max_concurrent_streams: count(
    "streams at once",
    defaults.WORKER_H2_MAX_CONCURRENT_STREAMS,
  ),
  h2_stream_shrink_ratio: count(
    "allocated to used stream slots",
    defaults.WORKER_H2_STREAM_SHRINK_RATIO,
  ),
  h2_max_rst_stream_lifetime: lifetimeCount(
    "RST_STREAM frames in the life",
    defaults.WORKER_H2_MAX_RST_STREAM_LIFETIME,
  ),
  h2_max_rst_stream_abusive_lifetime: lifetimeCount(
    "RST_STREAM frames before an answer in the life",
    defaults.WORKER_H2_MAX_RST_STREAM_ABUSIVE_LIFETIME,
  ),
  h2_max_rst_stream_emitted_lifetime: lifetimeCount(
    "RST_STREAM frames sent because of errors in the life",
    defaults.WORKER_H2_MAX_RST_STREAM_EMITTED_LIFETIME,
  ),
  h2_max_header_list_size: count(
    "decoded header list, bytes",
    defaults.WORKER_H2_MAX_HEADER_LIST_BYTES,
  ),
  h2_max_header_table_size: count(
    "HPACK table, bytes",
    defaults.WORKER_H2_MAX_HEADER_TABLE_BYTES,
  ),
  h2_max_header_fields: count(
    "header fields in a block",
    defaults.WORKER_H2_MAX_HEADER_FIELDS,
  ),
  h2_stream_refusal_percent: count(
    "part of the resets before an answer from which on streams are refused, percent, 0 = never",
    defaults.WORKER_H2_STREAM_REFUSAL_PERCENT,
  ),
  h2_stream_idle_timeout_seconds: optional(
    u32,
    "stream without progress, seconds; worker default back_timeout, at least " +
      `${defaults.WORKER_H2_STREAM_IDLE_TIMEOUT_SECONDS}`,
    HTTP_FAMILY,
  ),
  h2_graceful_shutdown_deadline_seconds: count(
    "from GOAWAY to the forced close, seconds, 0 = never",
    defaults.WORKER_H2_GRACEFUL_SHUTDOWN_SECONDS,
  ),
};
