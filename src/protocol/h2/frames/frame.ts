// The frames of HTTP/2 (RFC 9113 section 4 and 6): their types and flags, and the reader that takes whole
// frames apart in the buffer they were received in. It judges a frame by itself; whether it may come at
// this moment on this stream is for the connection to say.

import { ErrorCode } from "./error_code.ts";

/** Bytes before the payload of every frame. */
export const FRAME_HEADER_BYTES = 9;

/** The largest payload we accept: the value of SETTINGS_MAX_FRAME_SIZE nobody may go below. */
export const MAX_FRAME_BYTES = 16_384;

const LARGEST_FRAME_BYTES = FRAME_HEADER_BYTES + MAX_FRAME_BYTES;

/** The most payload that fits into `size` bytes together with the headers of its frames. */
export function payloadRoom(size: number): number {
  const left = size % LARGEST_FRAME_BYTES;
  return (size - left) / LARGEST_FRAME_BYTES * MAX_FRAME_BYTES +
    Math.max(0, left - FRAME_HEADER_BYTES);
}

/** Settings in one frame, at most: no peer has a use for more. */
export const MAX_SETTINGS = 64;

/** The longest priority field value in a PRIORITY_UPDATE frame. */
const MAX_PRIORITY_VALUE_BYTES = 1024;

const SETTING_BYTES = 6;
const PRIORITY_BYTES = 5;

/** Frame types (RFC 9113 section 6, RFC 9218 section 7.1). */
export const FrameType = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
  PRIORITY_UPDATE: 0x10,
} as const;
export type FrameType = number;

/** Flags of frames; END_STREAM and ACK are the same bit of different types. */
export const FrameFlag = {
  END_STREAM: 0x1,
  ACK: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

/** What {@link FrameReader.read} found. */
export const FrameStatus = { MORE: 0, FRAME: 1, BAD: 2 } as const;
export type FrameStatus = 0 | 1 | 2;

/** Which streams a type belongs to. */
const Belongs = { CONNECTION: 0, STREAM: 1, EITHER: 2 } as const;
type Belongs = 0 | 1 | 2;

interface FrameRule {
  readonly belongs: Belongs;
  /** Payloads shorter or longer than this are of a wrong size. */
  readonly least: number;
  readonly most: number;
}

const STREAM_FRAME: FrameRule = { belongs: Belongs.STREAM, least: 0, most: MAX_FRAME_BYTES };

/** The rule of each type; types that are not here are ignored (RFC 9113 section 4.1). */
const RULES: readonly (FrameRule | undefined)[] = [
  STREAM_FRAME,
  STREAM_FRAME,
  // Of a wrong size it is an error of its stream only, which the connection sees to.
  STREAM_FRAME,
  { belongs: Belongs.STREAM, least: 4, most: 4 },
  { belongs: Belongs.CONNECTION, least: 0, most: MAX_SETTINGS * SETTING_BYTES },
  STREAM_FRAME,
  { belongs: Belongs.CONNECTION, least: 8, most: 8 },
  { belongs: Belongs.CONNECTION, least: 8, most: MAX_FRAME_BYTES },
  { belongs: Belongs.EITHER, least: 4, most: 4 },
  STREAM_FRAME,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  { belongs: Belongs.CONNECTION, least: 4, most: MAX_FRAME_BYTES },
];

/** Reads one frame after the other. Its fields describe the frame that was read last. */
export class FrameReader {
  type: FrameType = 0;
  flags = 0;
  stream = 0;
  /** Length of the payload as it counts for flow control: with padding. */
  length = 0;
  /** The content: the payload without padding and priority. */
  start = 0;
  end = 0;
  /** First byte behind the frame. */
  next = 0;
  /** The stream that a HEADERS or PRIORITY frame makes its stream depend on; -1 when it does not say. */
  dependency = -1;
  /** Why {@link read} answered BAD: the connection ends with this code. */
  problem: ErrorCode = ErrorCode.NO_ERROR;

  /** Reads the frame at `bytes[at]`; MORE when it does not end before `end`. */
  read(bytes: Uint8Array, at: number, end: number): FrameStatus {
    if (end - at < FRAME_HEADER_BYTES) return FrameStatus.MORE;
    const length = readUint24(bytes, at);
    this.type = bytes[at + 3] as number;
    this.flags = bytes[at + 4] as number;
    this.stream = readUint31(bytes, at + 5);
    this.length = length;
    this.dependency = -1;
    // RFC 9113 section 4.2: too large is known before a byte of the payload has come.
    if (length > MAX_FRAME_BYTES) return this.#bad(ErrorCode.FRAME_SIZE_ERROR);
    const rule = RULES[this.type];
    if (rule !== undefined && !this.#belongs(rule)) return this.#bad(ErrorCode.PROTOCOL_ERROR);
    if (rule !== undefined && (length < rule.least || length > rule.most)) {
      return this.#bad(ErrorCode.FRAME_SIZE_ERROR);
    }
    this.start = at + FRAME_HEADER_BYTES;
    this.end = this.next = this.start + length;
    if (this.next > end) return FrameStatus.MORE;
    return this.#readContent(bytes) ? FrameStatus.FRAME : FrameStatus.BAD;
  }

  /** Whether a flag is set. */
  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  #belongs({ belongs }: FrameRule): boolean {
    return belongs === Belongs.EITHER || (belongs === Belongs.STREAM) === (this.stream !== 0);
  }

  #readContent(bytes: Uint8Array): boolean {
    switch (this.type) {
      case FrameType.DATA:
        return this.#cutPadding(bytes);
      case FrameType.HEADERS:
        return this.#cutPadding(bytes) && this.#cutPriority(bytes);
      case FrameType.PRIORITY:
        if (this.length === PRIORITY_BYTES) this.dependency = readUint31(bytes, this.start);
        return true;
      case FrameType.SETTINGS:
        if (this.length % SETTING_BYTES === 0 && (!this.has(FrameFlag.ACK) || this.length === 0)) {
          return true;
        }
        this.problem = ErrorCode.FRAME_SIZE_ERROR;
        return false;
      case FrameType.PRIORITY_UPDATE:
        if (this.length - 4 <= MAX_PRIORITY_VALUE_BYTES && readUint31(bytes, this.start) !== 0) {
          return true;
        }
        this.problem = ErrorCode.PROTOCOL_ERROR;
        return false;
      default:
        return true;
    }
  }

  /** RFC 9113 section 6.1: a payload may be padding as a whole, but not more than that. */
  #cutPadding(bytes: Uint8Array): boolean {
    if (!this.has(FrameFlag.PADDED)) return true;
    const padding = this.start < this.end ? bytes[this.start] as number : this.length;
    this.start++;
    this.end -= padding;
    if (this.end >= this.start) return true;
    this.problem = ErrorCode.PROTOCOL_ERROR;
    return false;
  }

  #cutPriority(bytes: Uint8Array): boolean {
    if (!this.has(FrameFlag.PRIORITY)) return true;
    if (this.end - this.start < PRIORITY_BYTES) {
      this.problem = ErrorCode.PROTOCOL_ERROR;
      return false;
    }
    this.dependency = readUint31(bytes, this.start);
    this.start += PRIORITY_BYTES;
    return true;
  }

  #bad(problem: ErrorCode): FrameStatus {
    this.problem = problem;
    return FrameStatus.BAD;
  }
}

/** The number in the four bytes at `at`, without the reserved first bit. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) & 0x7fff_ffff;
}

/** The number in the four bytes at `at`. */
export function readUint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return high * 0x10000 + low;
}

function readUint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) |
    (bytes[at + 2] as number);
}
