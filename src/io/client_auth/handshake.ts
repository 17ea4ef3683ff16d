// What a TLS handshake tells about the client's certificate, as the engine gives it to those who judge.

/** How a handshake went, as far as it is about the client's certificate. */
export interface ClientHandshake {
  /** DER of the certificates that the client sent, its own first; empty for none. */
  readonly chain: readonly Uint8Array[];
  /** Why the TLS library does not trust them, "" when it does or was not asked. */
  readonly problem: string;
}
