// SHA-256 of short byte strings. It is synchronous, because credentials are compared inside one turn.

import { nodeCrypto } from "../node_library.ts";

/** The 32-byte digest. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nodeCrypto().createHash("sha256").update(bytes).digest();
}

/** The digest as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return nodeCrypto().hash("sha256", bytes, "hex");
}
