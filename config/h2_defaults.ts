// What workers use for HTTP/2 when a listener does not say otherwise, and what they put up with at most. All
// from sozu 2.3 but what says so.

/** Length of the window in which abusive frames are counted. */
export const H2_ABUSE_WINDOW_SECONDS = 1;
/** RST_STREAM frames a client may send per window: above it is the "rapid reset" attack. */
export const WORKER_H2_MAX_RST_STREAM_PER_WINDOW = 2_000;
/** PING frames per window: each costs an answer. */
export const WORKER_H2_MAX_PING_PER_WINDOW = 2_000;
/** SETTINGS frames per window: each costs an acknowledgement. */
export const WORKER_H2_MAX_SETTINGS_PER_WINDOW = 1_000;
/** Empty DATA frames per window: work without payload. */
export const WORKER_H2_MAX_EMPTY_DATA_PER_WINDOW = 2_000;
/** WINDOW_UPDATE frames on the connection per window. */
export const WORKER_H2_MAX_WINDOW_UPDATE_STREAM0_PER_WINDOW = 2_000;
/** CONTINUATION frames per header block: above it is the "continuation flood". */
export const WORKER_H2_MAX_CONTINUATION_FRAMES = 20;
/** Small anomalies tolerated; the count halves every second. */
export const WORKER_H2_MAX_GLITCH_COUNT = 2_000;
/** Receive window of a connection: 16 MiB in flight. */
export const WORKER_H2_INITIAL_CONNECTION_WINDOW_BYTES = 16_777_216;
/** SETTINGS_MAX_CONCURRENT_STREAMS; RFC 9113 section 6.5.2 recommends no less than 100. */
export const WORKER_H2_MAX_CONCURRENT_STREAMS = 100;
/** Stream slots are given back when this many times more are allocated than used. */
export const WORKER_H2_STREAM_SHRINK_RATIO = 2;
/** RST_STREAM frames received over the life of a connection: tolerated when more streams were answered. */
export const WORKER_H2_MAX_RST_STREAM_LIFETIME = 200_000;
/** Those that came before any answer was sent. */
export const WORKER_H2_MAX_RST_STREAM_ABUSIVE_LIFETIME = 1_000;
/** RST_STREAM frames we had to send because of errors of the peer. */
export const WORKER_H2_MAX_RST_STREAM_EMITTED_LIFETIME = 10_000;
/** From this part of the resets before an answer on, new streams are refused, in percent. */
export const WORKER_H2_STREAM_REFUSAL_PERCENT = 50;
/** Decoded size of a header list (RFC 9113 section 6.5.2). */
export const WORKER_H2_MAX_HEADER_LIST_BYTES = 65_536;
/** Largest HPACK table a peer may ask of us. */
export const WORKER_H2_MAX_HEADER_TABLE_BYTES = 65_536;
/** Header fields of one block. */
export const WORKER_H2_MAX_HEADER_FIELDS = 128;
/** A stream without progress; the worker takes this or `back_timeout`, whichever is longer. */
export const WORKER_H2_STREAM_IDLE_TIMEOUT_SECONDS = 30;
/** From GOAWAY to the forced close; 0 = wait for ever. */
export const WORKER_H2_GRACEFUL_SHUTDOWN_SECONDS = 5;
/** A stream that may be idle for no time would end before it began. */
export const MIN_H2_STREAM_IDLE_SECONDS = 1;
/** The connection window a worker takes: no smaller than RFC 9113 begins with, no larger than it allows. */
export const MIN_H2_CONNECTION_WINDOW_BYTES = 65_535;
export const MAX_H2_CONNECTION_WINDOW_BYTES = 2_147_483_647;
/** Streams at once a worker takes at most, whatever is configured. */
export const MAX_H2_CONCURRENT_STREAMS = 10_000;
/** Cleartext HTTP/2 has to be asked for: sozu does not serve it. */
export const DEFAULT_H2C_PRIOR_KNOWLEDGE = false;
