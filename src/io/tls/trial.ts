// Whether the TLS engine can serve a certificate. The engine checks some things only during a handshake (critical
// extensions, kinds of keys), so a handshake is tried.

import type { SecureContext } from "node:tls";
import { nativeTls, type NativeTlsClass, TlsEngine } from "./engine.ts";

/**
 * A ClientHello of TLS 1.2 (RFC 5246 §7.4.1.2) that offers only TLS_NULL_WITH_NULL_NULL: the engine reads the
 * certificate and fails before it signs anything.
 */
const HELLO: Uint8Array = Uint8Array.fromHex(
  "160301003f" + // record: handshake, 63 bytes
    "0100003b0303" + // ClientHello, 59 bytes, TLS 1.2
    "00".repeat(32) + // random
    "00" + // session id
    "00020000" + // cipher suites
    "0100" + // compression methods
    "0010" + // extensions
    "000a00040002001d" + // supported_groups: x25519
    "000d000400020403", // signature_algorithms: ecdsa_secp256r1_sha256
);

/** Why the engine would fail every handshake with `context`; `null` when it would not, or there is no engine. */
export function servingProblem(
  context: SecureContext,
  native: NativeTlsClass | null = nativeTls(),
): string | null {
  if (native === null) return null;
  const engine = new TlsEngine(native);
  try {
    engine.receive(HELLO);
    if (engine.phase !== "choosing") return null;
    engine.accept(context, []);
    return engine.refusedCertificate ? "the TLS library does not serve it" : null;
  } finally {
    engine.close();
  }
}
