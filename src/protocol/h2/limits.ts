// The bounds of one HTTP/2 connection, as a listener has them.

/** Bounds that are read once, when a connection begins. */
export interface H2Limits {
  /** Bytes the peer may send on the connection before they are given back. */
  readonly connectionWindow: number;
  /** Streams the peer may have open at the same time. */
  readonly maxConcurrentStreams: number;
  /** Streams that end or stall without progress are ended after this, in milliseconds. */
  readonly streamIdleMs: number;
  /** How long a drain waits for streams, in milliseconds; 0 is for ever. */
  readonly gracefulShutdownMs: number;
  readonly maxResetsPerWindow: number;
  readonly maxResets: number;
  readonly maxPreResponseResets: number;
  readonly maxEmittedResets: number;
  /** Part of `maxPreResponseResets` from which on new streams are refused, in percent; 0 is never. */
  readonly streamRefusalPercent: number;
  readonly maxPingsPerWindow: number;
  readonly maxSettingsPerWindow: number;
  readonly maxEmptyDataPerWindow: number;
  readonly maxConnectionWindowUpdatesPerWindow: number;
  readonly maxGlitchesPerWindow: number;
  readonly maxContinuationFrames: number;
  /** Bytes of one header block, both as it comes and as the specification counts its fields. */
  readonly maxHeaderListSize: number;
  readonly maxHeaderFields: number;
  /** The largest table our encoder uses, whatever the peer allows. */
  readonly maxHeaderTableSize: number;
}
