// The settings of a connection (RFC 9113 section 6.5): what the peer asks of us, checked, and what we ask
// of it.

import { ErrorCode } from "./error_code.ts";
import { readUint32 } from "./frame.ts";
import type { Setting } from "./frame_writer.ts";

/** Identifiers (RFC 9113 section 6.5.2, RFC 8441 section 3, RFC 9218 section 2.1). */
export const SettingId = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
  ENABLE_CONNECT_PROTOCOL: 8,
  NO_RFC7540_PRIORITIES: 9,
} as const;

/** The window a connection and its streams begin with. */
export const DEFAULT_WINDOW = 65_535;
/** No window may be larger. */
export const MAX_WINDOW = 0x7fff_ffff;
/** The table that our decoder allows. */
export const HEADER_TABLE_BYTES = 4096;
/** The size of a header list that we announce, in bytes as the specification counts them. */
export const HEADER_LIST_BYTES = 65_536;

const LEAST_FRAME_BYTES = 16_384;
const MOST_FRAME_BYTES = 0xff_ffff;
/** Streams that are assumed to be allowed until the peer's settings have come. */
const ASSUMED_STREAMS = 100;

/** What we announce, in a fixed order. */
export function ownSettings(maxStreams: number, allowsConnectProtocol: boolean): Setting[] {
  return [
    [SettingId.HEADER_TABLE_SIZE, HEADER_TABLE_BYTES],
    [SettingId.ENABLE_PUSH, 0],
    [SettingId.MAX_CONCURRENT_STREAMS, maxStreams],
    [SettingId.INITIAL_WINDOW_SIZE, DEFAULT_WINDOW],
    [SettingId.MAX_FRAME_SIZE, LEAST_FRAME_BYTES],
    [SettingId.MAX_HEADER_LIST_SIZE, HEADER_LIST_BYTES],
    [SettingId.ENABLE_CONNECT_PROTOCOL, allowsConnectProtocol ? 1 : 0],
    [SettingId.NO_RFC7540_PRIORITIES, 1],
  ];
}

/** The settings of the peer that are in force. */
export class PeerSettings {
  headerTableSize = HEADER_TABLE_BYTES;
  /** The smallest table that the last frame asked for, on the way to the one that is in force. */
  smallestTableSize = HEADER_TABLE_BYTES;
  maxConcurrentStreams = ASSUMED_STREAMS;
  initialWindow = DEFAULT_WINDOW;
  maxFrameSize = LEAST_FRAME_BYTES;
  connectProtocol = false;
  /** Settings of the last frame that have no meaning to us. */
  unknown = 0;

  /**
   * Takes in the payload `bytes[start, end)` of a SETTINGS frame whose size is in order. An error code ends
   * the connection.
   */
  read(bytes: Uint8Array, start: number, end: number): ErrorCode {
    this.unknown = 0;
    this.smallestTableSize = this.headerTableSize;
    for (let at = start; at < end; at += 6) {
      const id = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      const problem = this.#set(id, readUint32(bytes, at + 2));
      if (problem !== ErrorCode.NO_ERROR) return problem;
    }
    return ErrorCode.NO_ERROR;
  }

  #set(id: number, value: number): ErrorCode {
    switch (id) {
      case SettingId.HEADER_TABLE_SIZE:
        this.headerTableSize = value;
        this.smallestTableSize = Math.min(this.smallestTableSize, value);
        return ErrorCode.NO_ERROR;
      case SettingId.ENABLE_PUSH:
      case SettingId.NO_RFC7540_PRIORITIES:
        return value > 1 ? ErrorCode.PROTOCOL_ERROR : ErrorCode.NO_ERROR;
      case SettingId.ENABLE_CONNECT_PROTOCOL:
        // RFC 8441 section 3: it may not be taken back.
        if (value > 1 || (value === 0 && this.connectProtocol)) return ErrorCode.PROTOCOL_ERROR;
        this.connectProtocol = value === 1;
        return ErrorCode.NO_ERROR;
      case SettingId.MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value;
        return ErrorCode.NO_ERROR;
      case SettingId.INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW) return ErrorCode.FLOW_CONTROL_ERROR;
        this.initialWindow = value;
        return ErrorCode.NO_ERROR;
      case SettingId.MAX_FRAME_SIZE:
        if (value < LEAST_FRAME_BYTES || value > MOST_FRAME_BYTES) return ErrorCode.PROTOCOL_ERROR;
        this.maxFrameSize = value;
        return ErrorCode.NO_ERROR;
      case SettingId.MAX_HEADER_LIST_SIZE:
        return ErrorCode.NO_ERROR;
      default:
        this.unknown++;
        return ErrorCode.NO_ERROR;
    }
  }
}
