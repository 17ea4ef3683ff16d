// The doors between sessions and the outside world. Sessions see only these types; the real ones are
// injected.

/** One bidirectional byte stream. Reads and writes may be pending at the same time. */
export interface ByteStream {
  /**
   * Resolves with the number of bytes put into `into`, which must have room; 0 is the peer's end of
   * stream.
   */
  read(into: Uint8Array): Promise<number>;
  /**
   * Resolves with the number of bytes taken from `from`, which may be fewer than it holds. Writing none
   * sends nothing and rejects when the peer has reset the connection, or {@link closeWrite} was called;
   * it may be asked for while another write is under way. Inside the runtime's own TLS it tells nothing.
   */
  write(from: Uint8Array): Promise<number>;
  /** Sends end of stream; reading goes on. */
  closeWrite(): Promise<void>;
  /**
   * Ends both directions at once; pending reads and writes reject. Inside TLS a pending read does so when
   * the goodbye is sent, two seconds later at most. May be called again.
   */
  close(): void;
}

/** An IP address as text, IPv6 without brackets, and a port. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** What a TLS handshake settled; kept for the life of the connection. */
export interface TlsFacts {
  /** The server name the client asked for, lower case, without a trailing dot; `null` for none. */
  readonly serverName: string | null;
  /** `TLSv1.2` or `TLSv1.3`; `null` when the runtime does not tell. */
  readonly version: string | null;
  /** Name of the cipher suite as rustls writes it; `null` when the runtime does not tell. */
  readonly cipher: string | null;
  /** The negotiated protocol; `null` when the client offered none. */
  readonly alpn: string | null;
  /** The session was resumed; `false` when the runtime does not tell. */
  readonly resumed: boolean;
  /**
   * The names of the certificate that was shown, lower case without trailing dots; `null` when it was
   * the default certificate, or when the runtime does not tell.
   */
  readonly certificateNames: readonly string[] | null;
}

/** A client connection, as accepted or as a stage before its protocol leaves it. */
export interface Accepted {
  readonly stream: ByteStream;
  /** The client: the address the connection comes from, or the one a PROXY header names. */
  readonly peer: Endpoint;
  /** The address a PROXY header says the client connected to; `null` without such a header. */
  readonly destination: Endpoint | null;
  /** The address of this end of the connection; absent where the runtime does not tell. */
  readonly local?: Endpoint;
  /** The PROXY header exactly as received; absent without one. */
  readonly proxyHeader?: Uint8Array;
  /** `null` on a plain connection. */
  readonly tls: TlsFacts | null;
}

/** A socket that accepts connections. */
export interface ConnectionSource {
  /** Where it listens, with the real port when 0 was asked for. */
  readonly address: Endpoint;
  /**
   * Calls `onAccept` for every connection until {@link close}. Where accepting is not possible (the
   * process is out of descriptors) it waits for `pause` to resolve instead of spinning.
   */
  acceptLoop(
    onAccept: (accepted: Accepted) => void,
    pause: (error: unknown) => Promise<void>,
  ): Promise<void>;
  /** Stops listening; accepted connections stay. */
  close(): void;
}

/** Who may listen on an address. */
export interface Sharing {
  /** Other processes of this user may listen on it too, each getting a part of the connections. */
  readonly shared: boolean;
}

/** Does TLS for a listener: one way to listen, and the handshakes of what it accepts. */
export interface TlsAcceptor {
  /** Binds `address`, shared unless told; rejects with the system's error when that is not possible. */
  listen(address: Endpoint, sharing?: Sharing): Promise<ConnectionSource>;
  /**
   * Shakes hands on a connection accepted by a source of this acceptor, of which no byte of the
   * handshake has been read. Resolves with the connection inside TLS; rejects with the library's words
   * when the handshake fails, and when the stream is closed meanwhile.
   */
  handshake(accepted: Accepted): Promise<Accepted>;
}

/** Opens streams to backends. */
export interface Dialer {
  /**
   * Resolves with a stream to `host` (an IP address, IPv6 without brackets); rejects when refused,
   * unreachable or aborted.
   */
  connect(host: string, port: number, signal: AbortSignal): Promise<ByteStream>;
}

/** Work that is to be done later. Times are milliseconds. */
export interface Timers {
  /** Does `work` once, `ms` from now; the function returned takes that back, and may be called again. */
  after(ms: number, work: () => void): () => void;
  /** Does `work` every `ms`; the function returned ends that. */
  every(ms: number, work: () => void): () => void;
}
