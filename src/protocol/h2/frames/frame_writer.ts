// Writes frames into a buffer (RFC 9113 section 4.1). Each function needs room for the whole frame and
// returns the position behind it. Frames of ours are never padded.

import type { ErrorCode } from "./error_code.ts";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType } from "./frame.ts";

/** Bytes of the control frames that have a fixed size. */
export const FrameBytes = {
  RST_STREAM: FRAME_HEADER_BYTES + 4,
  SETTINGS_ACK: FRAME_HEADER_BYTES,
  PING: FRAME_HEADER_BYTES + 8,
  GOAWAY: FRAME_HEADER_BYTES + 8,
  WINDOW_UPDATE: FRAME_HEADER_BYTES + 4,
} as const;

/** One setting and its value. */
export type Setting = readonly [id: number, value: number];

/** The header of a frame whose payload follows. */
export function writeFrameHeader(
  out: Uint8Array,
  at: number,
  length: number,
  type: FrameType,
  flags: number,
  stream: number,
): number {
  out[at] = length >>> 16;
  out[at + 1] = length >>> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  return writeUint32(out, at + 5, stream);
}

/** RST_STREAM: `stream` ends because of `code`. */
export function writeReset(out: Uint8Array, at: number, stream: number, code: ErrorCode): number {
  return writeUint32(out, writeFrameHeader(out, at, 4, FrameType.RST_STREAM, 0, stream), code);
}

/** SETTINGS: what we ask of the peer. */
export function writeSettings(out: Uint8Array, at: number, settings: readonly Setting[]): number {
  at = writeFrameHeader(out, at, settings.length * 6, FrameType.SETTINGS, 0, 0);
  for (const [id, value] of settings) {
    out[at] = id >>> 8;
    out[at + 1] = id;
    at = writeUint32(out, at + 2, value);
  }
  return at;
}

/** SETTINGS with ACK: those of the peer are in force. */
export function writeSettingsAck(out: Uint8Array, at: number): number {
  return writeFrameHeader(out, at, 0, FrameType.SETTINGS, FrameFlag.ACK, 0);
}

/** PING with the eight bytes `data[start, start + 8)`. */
export function writePing(
  out: Uint8Array,
  at: number,
  flags: number,
  data: Uint8Array,
  start: number,
): number {
  at = writeFrameHeader(out, at, 8, FrameType.PING, flags, 0);
  for (let i = 0; i < 8; i++) out[at + i] = data[start + i] as number;
  return at + 8;
}

/** GOAWAY: no stream above `lastStream` was or will be served. */
export function writeGoaway(
  out: Uint8Array,
  at: number,
  lastStream: number,
  code: ErrorCode,
): number {
  at = writeFrameHeader(out, at, 8, FrameType.GOAWAY, 0, 0);
  return writeUint32(out, writeUint32(out, at, lastStream), code);
}

/** WINDOW_UPDATE: the peer may send `increment` bytes more; stream 0 is the connection. */
export function writeWindowUpdate(
  out: Uint8Array,
  at: number,
  stream: number,
  increment: number,
): number {
  at = writeFrameHeader(out, at, 4, FrameType.WINDOW_UPDATE, 0, stream);
  return writeUint32(out, at, increment);
}

function writeUint32(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}
