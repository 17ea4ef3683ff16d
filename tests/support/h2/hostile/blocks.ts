// Header blocks of the requests that attacks are made of.

import { literals } from "../blocks.ts";

/** The host that is attacked. */
export const TARGET_HOST = "localhost";

/** The block of a request. */
export function requestBlock(method: string, path: string): Uint8Array {
  return literals([
    [":method", method],
    [":scheme", "http"],
    [":path", path],
    [":authority", TARGET_HOST],
  ]);
}
