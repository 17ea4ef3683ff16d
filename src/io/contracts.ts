// The doors between sessions and the outside world. Sessions see only these types; the real ones are
// injected. `Deno.Conn` has the shape of a ByteStream as it is, so plain TCP costs no wrapper.

/** One bidirectional byte stream. Reads and writes may be pending at the same time. */
export interface ByteStream {
  /** Resolves with the number of bytes put into `into`, or `null` at the peer's end of stream. */
  read(into: Uint8Array): Promise<number | null>;
  /** Resolves with the number of bytes taken from `from`, which may be fewer than it holds. */
  write(from: Uint8Array): Promise<number>;
  /** Sends end of stream; reading goes on. */
  closeWrite(): Promise<void>;
  /** Ends both directions at once; pending reads and writes reject. */
  close(): void;
}

/** An IP address as text, IPv6 without brackets, and a port. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** An accepted client connection. */
export interface Accepted {
  readonly stream: ByteStream;
  readonly peer: Endpoint;
}

/** Opens streams to backends. */
export interface Dialer {
  /**
   * Resolves with a stream to `host` (an IP address, IPv6 without brackets); rejects when refused,
   * unreachable or aborted.
   */
  connect(host: string, port: number, signal: AbortSignal): Promise<ByteStream>;
}
