// Finishes writes that the kernel took only in part. The caller issues the first write itself, so that
// the usual case, everything taken at once, costs no further promise.

import type { WritingEnd } from "./sole_reader.ts";

/** Writes `bytes[written, end)`; rejects when the stream does. */
export async function writeRest(
  stream: Pick<WritingEnd, "write">,
  bytes: Uint8Array,
  written: number,
  end: number,
): Promise<void> {
  while (written < end) {
    written += await stream.write(bytes.subarray(written, end));
  }
}
