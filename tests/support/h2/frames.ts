// Frames for tests, made byte by byte and taken apart again.

import { FrameFlag, FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { writeFrameHeader } from "../../../src/protocol/h2/frames/frame_writer.ts";
import { MAGIC } from "../../../src/protocol/h2/connection/preface.ts";
import { type Fields, GET, literals } from "./blocks.ts";

/** A frame as it came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
}

/** One frame. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: ArrayLike<number> = [],
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** Several pieces in one. */
export function join(...pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The four bytes of a number. */
export function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function settings(...values: readonly (readonly [id: number, value: number])[]): Uint8Array {
  return frame(
    FrameType.SETTINGS,
    0,
    0,
    values.flatMap(([id, value]) => [id >> 8, id & 0xff, ...uint32(value)]),
  );
}

export const SETTINGS_ACK: Uint8Array = frame(FrameType.SETTINGS, FrameFlag.ACK, 0);

/** What a client begins with, its settings ACKed ours already. */
export function preface(...values: readonly (readonly [number, number])[]): Uint8Array {
  return join(MAGIC, settings(...values), SETTINGS_ACK);
}

/** HEADERS with a whole block. */
export function headers(stream: number, fields: Fields = GET, ends = true): Uint8Array {
  const flags = FrameFlag.END_HEADERS | (ends ? FrameFlag.END_STREAM : 0);
  return frame(FrameType.HEADERS, flags, stream, literals(fields));
}

export function post(stream: number, more: Fields = []): Uint8Array {
  const start = GET.map(([name, value]): [string, string] => [
    name,
    name === ":method" ? "POST" : value,
  ]);
  return headers(stream, [...start, ...more], false);
}

export function data(stream: number, size: number | ArrayLike<number>, ends = false): Uint8Array {
  const payload = typeof size === "number" ? new Uint8Array(size).fill(0x61) : size;
  return frame(FrameType.DATA, ends ? FrameFlag.END_STREAM : 0, stream, payload);
}

/** DATA with padding behind its content. */
export function padded(stream: number, size: number, padding: number, ends = false): Uint8Array {
  const payload = new Uint8Array(1 + size + padding);
  payload[0] = padding;
  const flags = FrameFlag.PADDED | (ends ? FrameFlag.END_STREAM : 0);
  return frame(FrameType.DATA, flags, stream, payload);
}

export function reset(stream: number, code: number): Uint8Array {
  return frame(FrameType.RST_STREAM, 0, stream, uint32(code));
}

export function windowUpdate(stream: number, increment: number): Uint8Array {
  return frame(FrameType.WINDOW_UPDATE, 0, stream, uint32(increment));
}

export function ping(text = "12345678", flags = 0): Uint8Array {
  return frame(FrameType.PING, flags, 0, new TextEncoder().encode(text));
}

export function goaway(last: number, code: number): Uint8Array {
  return frame(FrameType.GOAWAY, 0, 0, [...uint32(last), ...uint32(code)]);
}

export function priorityUpdate(stream: number, value: string): Uint8Array {
  const payload = [...uint32(stream), ...new TextEncoder().encode(value)];
  return frame(FrameType.PRIORITY_UPDATE, 0, 0, payload);
}

/** The frames in `bytes`, which holds nothing else. */
export function framesIn(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    const length = view.getUint32(0) >>> 8;
    const end = at + 9 + length;
    if (end > bytes.length) throw new Error("The last frame is not whole");
    frames.push({
      type: view.getUint8(3),
      flags: view.getUint8(4),
      stream: view.getUint32(5),
      payload: bytes.slice(at + 9, end),
    });
    at = end;
  }
  return frames;
}

const NAMES = Object.entries(FrameType);

/** A frame in short: `RST_STREAM 1 7` and the like. */
export function describe({ type, flags, stream, payload }: Frame): string {
  const name = NAMES.find(([, known]) => known === type)?.[0] ?? `TYPE${type}`;
  const number = (at: number) => new DataView(payload.buffer).getUint32(at);
  const ends = (flags & FrameFlag.END_STREAM) !== 0;
  switch (type) {
    case FrameType.DATA:
      return `${name} ${stream} ${payload.length}${ends ? " end" : ""}`;
    case FrameType.HEADERS:
      return `${name} ${stream}${ends ? " end" : ""}`;
    case FrameType.SETTINGS:
    case FrameType.PING:
      return ends ? `${name} ack` : name;
    case FrameType.GOAWAY:
      return `${name} ${number(0)} ${number(4)}`;
    case FrameType.RST_STREAM:
    case FrameType.WINDOW_UPDATE:
      return `${name} ${stream} ${number(0)}`;
    default:
      return `${name} ${stream}`;
  }
}
