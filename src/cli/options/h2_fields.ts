// The HTTP/2 options of listeners, with what each message field bounds.

import type { UpdateHttpListenerConfig } from "../../../config/schema/messages.ts";

/** What each HTTP/2 option of `listener update` bounds; keys are message fields. */
export const H2_OPTIONS = {
  h2_max_rst_stream_per_window: "RST_STREAM frames per second",
  h2_max_ping_per_window: "PING frames per second",
  h2_max_settings_per_window: "SETTINGS frames per second",
  h2_max_empty_data_per_window: "Empty DATA frames per second",
  h2_max_window_update_stream0_per_window: "Connection WINDOW_UPDATE frames per second",
  h2_max_continuation_frames: "CONTINUATION frames per header block",
  h2_max_glitch_count: "Small anomalies tolerated, halved every second",
  h2_initial_connection_window: "Receive window of a connection, in bytes",
  h2_max_concurrent_streams: "Streams a client may have open",
  h2_stream_shrink_ratio: "Allocated to used stream slots that trigger shrinking, at least 2",
  h2_max_rst_stream_lifetime: "RST_STREAM frames over the life of a connection",
  h2_max_rst_stream_abusive_lifetime: "RST_STREAM frames before any answer, over the life",
  h2_stream_refusal_percent: "Part of the limit of those from which on new streams are refused",
  h2_max_rst_stream_emitted_lifetime: "RST_STREAM frames sent because of client errors",
  h2_max_header_list_size: "Decoded size of a header list, in bytes",
  h2_max_header_table_size: "HPACK table a client may ask for, in bytes",
  h2_max_header_fields: "Header fields per block",
  h2_stream_idle_timeout_seconds: "Seconds a stream may be idle",
  h2_graceful_shutdown_deadline_seconds: "Seconds from GOAWAY to the forced close; 0 = never",
} as const;

export type H2Field = keyof typeof H2_OPTIONS;

/** Given HTTP/2 options, by message field. */
export type H2Patch = Pick<UpdateHttpListenerConfig, H2Field>;
