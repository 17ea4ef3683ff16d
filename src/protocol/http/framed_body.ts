// The line that HTTP/1.1 needs where the frames of HTTP/2 told how long a body is.

import { asciiBytes } from "../../bytes/ascii.ts";
import type { MessageHead } from "./message_head.ts";

const LINES: readonly Uint8Array[] = [
  new Uint8Array(0),
  asciiBytes("Transfer-Encoding: chunked\r\n"),
  asciiBytes("Content-Length: 0\r\n"),
];

/** Room that {@link framingLine} needs at most. */
export const MAX_FRAMING_LINE_BYTES = 28;

/** The line an HTTP/1.1 writer adds to `head`, with its CR LF; empty for most heads. */
export function framingLine({ framed }: MessageHead): Uint8Array {
  return LINES[framed] as Uint8Array;
}
