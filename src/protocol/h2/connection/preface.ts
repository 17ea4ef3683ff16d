// How a connection begins (RFC 9113 section 3.4): the client's magic, then SETTINGS from either side.

import { asciiBytes } from "../../../bytes/ascii.ts";
import { FRAME_HEADER_BYTES, type FrameReader, FrameStatus, FrameType } from "../frames/frame.ts";

/** What every client sends first. */
export const MAGIC: Uint8Array = asciiBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** What {@link readPreface} found. */
export const PrefaceStatus = { MORE: 0, DONE: 1, BAD: 2 } as const;
export type PrefaceStatus = 0 | 1 | 2;

/** Whether `bytes[start, end)` begins with the magic, as far as it has come. */
export function beginsWithMagic(bytes: Uint8Array, start: number, end: number): boolean {
  const length = Math.min(end - start, MAGIC.length);
  for (let i = 0; i < length; i++) if (bytes[start + i] !== MAGIC[i]) return false;
  return true;
}

/**
 * Reads the preface at `bytes[start, end)`, with the magic when it is a client's. When DONE, `reader` holds the
 * first SETTINGS. Whatever else comes first is not HTTP/2, and is not worth a frame.
 */
export function readPreface(
  reader: FrameReader,
  bytes: Uint8Array,
  start: number,
  end: number,
  withMagic: boolean,
): PrefaceStatus {
  if (withMagic && !beginsWithMagic(bytes, start, end)) return PrefaceStatus.BAD;
  const at = withMagic ? start + MAGIC.length : start;
  if (end - at < FRAME_HEADER_BYTES) return PrefaceStatus.MORE;
  const status = reader.read(bytes, at, end);
  if (status === FrameStatus.BAD || reader.type !== FrameType.SETTINGS || reader.flags !== 0) {
    return PrefaceStatus.BAD;
  }
  return status === FrameStatus.MORE ? PrefaceStatus.MORE : PrefaceStatus.DONE;
}
