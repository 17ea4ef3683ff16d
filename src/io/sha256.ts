// SHA-256 of short byte strings, synchronously: credentials are compared inside one turn.

import { createHash } from "node:crypto";

/** The 32-byte digest. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}
