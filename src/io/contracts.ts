// The contracts between sessions and the operating system: streams, listeners, TLS, and dialers. Sessions
// know these types only; their owner passes in the implementations.

/** One bidirectional byte stream. Reads and writes may be pending at the same time. */
export interface ByteStream {
  /**
   * Resolves with the number of bytes read into `into`, which must not be empty; 0 is the end of the
   * peer's stream.
   */
  read(into: Uint8Array): Promise<number>;
  /**
   * Resolves with the number of bytes written, which may be fewer than `from` has. Writing an empty array
   * sends nothing; it rejects when the peer has reset the connection or {@link closeWrite} was called, and
   * may be called while another write is pending. Inside Deno's own TLS it does not detect a reset.
   */
  write(from: Uint8Array): Promise<number>;
  /** Sends the end of the stream; reads continue. */
  closeWrite(): Promise<void>;
  /**
   * Ends both directions at once; pending reads and writes reject. Inside TLS a pending read rejects when
   * close_notify is sent, at most two seconds later. May be called again.
   */
  close(): void;
}

/** An IP address as text, IPv6 without brackets, and a port. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** The result of a TLS handshake, valid for the life of the connection. */
export interface TlsFacts {
  /** The server name of the client (SNI), lower case, without a trailing dot; `null` for none. */
  readonly serverName: string | null;
  /** `TLSv1.2` or `TLSv1.3`; `null` where Deno does not provide it. */
  readonly version: string | null;
  /** Name of the cipher suite in the spelling of rustls; `null` where Deno does not provide it. */
  readonly cipher: string | null;
  /** The negotiated protocol; `null` when the client offered none. */
  readonly alpn: string | null;
  /** The session was resumed; `false` where Deno does not provide it. */
  readonly resumed: boolean;
  /**
   * The names of the certificate that was sent, lower case without trailing dots; `null` for the default
   * certificate, or where Deno does not provide it.
   */
  readonly certificateNames: readonly string[] | null;
  /** Who the client is by its certificate, which was verified; absent or `null` when it sent none. */
  readonly client?: ClientIdentity | null;
}

/** What a certificate says of its owner, in visible ASCII. */
export interface ClientIdentity {
  /** The subject as in RFC 4514; "" for an empty one and one that is too long. */
  readonly subject: string;
  /** The alternative names, such as `DNS:a.test,URI:spiffe://a/b`; "" for none and too many. */
  readonly names: string;
  /** SHA-256 of the certificate, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
}

/** A client connection, as accepted or as a stage before its protocol passes it on. */
export interface Accepted {
  readonly stream: ByteStream;
  /** The address of the client: the source of the connection, or the one in the PROXY header. */
  readonly peer: Endpoint;
  /** The destination address of the PROXY header; `null` without a header. */
  readonly destination: Endpoint | null;
  /** The address of this end of the connection; absent where Deno does not provide it. */
  readonly local?: Endpoint;
  /** The PROXY header exactly as received; absent without one. */
  readonly proxyHeader?: Uint8Array;
  /** `null` on a plain connection. */
  readonly tls: TlsFacts | null;
  /** A plain connection whose client speaks HTTP/2 without having negotiated it (RFC 9113 section 3.3). */
  readonly speaksH2?: boolean;
}

/** A socket that accepts connections. */
export interface ConnectionSource {
  /** The address it listens on, with the real port where port 0 was asked for. */
  readonly address: Endpoint;
  /**
   * Calls `onAccept` for every connection until {@link close}. When an accept fails, for example because
   * the process has no file descriptor left, it waits for `pause` before the next one.
   */
  acceptLoop(
    onAccept: (accepted: Accepted) => void,
    pause: (error: unknown) => Promise<void>,
  ): Promise<void>;
  /** Stops listening; accepted connections stay. */
  close(): void;
}

/** Whether other processes may listen on the same address. */
export interface Sharing {
  /** Other processes of this user may listen on it (SO_REUSEPORT), each getting a part of the connections. */
  readonly shared: boolean;
}

/** TLS for a listener: it listens, and does the handshakes of the connections it accepts. */
export interface TlsAcceptor {
  /** Binds `address`, shared by default; rejects with the error of the system. */
  listen(address: Endpoint, sharing?: Sharing): Promise<ConnectionSource>;
  /**
   * Does the handshake of a connection that a source of this acceptor accepted; no byte of the handshake
   * was read before. Resolves with the connection inside TLS; rejects with the message of the library when
   * the handshake fails, and when the stream is closed meanwhile.
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
  /** The same to a unix stream socket: an absolute path, or an abstract name behind `@`. Absent where there are none. */
  connectUnix?(path: string, signal: AbortSignal): Promise<ByteStream>;
}

/** Work that is to be done later. Times are milliseconds. */
export interface Timers {
  /** Does `work` once, `ms` from now; the function returned takes that back, and may be called again. */
  after(ms: number, work: () => void): () => void;
  /** Does `work` every `ms`; the function returned ends that. */
  every(ms: number, work: () => void): () => void;
}
