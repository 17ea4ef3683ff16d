// The record of one line of the access log: filled in for each request or tunnel, and used again for the next one.
// Parts that many lines share (a cluster, a session) are encoded once and referred to. What a client sent stays
// in the buffer of its request.

/** A range of a buffer that the record does not own; empty is absent. */
export class ByteSlice {
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  set(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  clear(): void {
    this.bytes = EMPTY;
    this.start = this.end = 0;
  }
}

const EMPTY = new Uint8Array(0);

/** A name of the configuration in the three formats. */
export interface LoggedName {
  /** For a field of a line: no space, no bracket, no control character. */
  readonly plain: Uint8Array;
  /** A JSON string with its quotes. */
  readonly json: Uint8Array;
  /** As it is. */
  readonly raw: Uint8Array;
}

/** The tags of a frontend. */
export interface LoggedTags {
  /** `k=v, k=v`, sorted by key. */
  readonly plain: Uint8Array;
  /** A JSON object. */
  readonly json: Uint8Array;
  /** Entries of the map field of ProtobufAccessLog. */
  readonly protobuf: Uint8Array;
}

/** An address. */
export interface LoggedAddress {
  /** `ip:port`. */
  readonly plain: Uint8Array;
  /** An encoded SocketAddress message. */
  readonly protobuf: Uint8Array;
}

/** The TLS of a connection; unknown parts are `null`. */
export interface LoggedTls {
  /** `TLSv1.3`. */
  readonly version: LoggedName | null;
  readonly cipher: LoggedName | null;
  readonly sni: LoggedName | null;
  readonly alpn: LoggedName | null;
  /** The verified certificate of the client; `null` for none, and where it is not logged. */
  readonly client: LoggedClient | null;
}

/** A certificate of a client. */
export interface LoggedClient {
  readonly subject: LoggedName | null;
  /** SHA-256 of the certificate, lower-case hexadecimal. */
  readonly fingerprint: LoggedName | null;
  /** Both for the brackets of a line: `client-cert=..., client-subject=...`. */
  readonly plain: Uint8Array;
}

/** A client connection. */
export interface LoggedSession {
  /** Its ULID in ASCII. */
  readonly id: Uint8Array;
  readonly client: LoggedAddress | null;
  readonly tls: LoggedTls | null;
}

/** The place of a request in its trace; lower-case hexadecimal in ASCII. */
export interface LoggedTrace {
  /** 32 digits. */
  readonly traceId: Uint8Array;
  /** 16 digits: the span of this proxy. */
  readonly spanId: Uint8Array;
  /** 16 digits: the span of the client. Valid when {@linkcode hasParent}. */
  readonly parentId: Uint8Array;
  readonly hasParent: boolean;
  /** The trace is recorded. */
  readonly sampled: boolean;
}

/** A duration that is not known. */
export const UNKNOWN_DURATION = -1;

/** One line. Durations in microseconds, or {@linkcode UNKNOWN_DURATION}. */
export class AccessRecord {
  /** It ended with an error: level ERROR instead of INFO. */
  failed = false;
  /** When it ended and began, in whole microseconds since 1970. */
  timeMicros = 0;
  startMicros = 0;
  session: LoggedSession | null = null;
  /** ULID of the request in ASCII; `null` for a tunnel without one. */
  requestId: Uint8Array | null = null;
  cluster: LoggedName | null = null;
  backend: LoggedName | null = null;
  backendAddress: LoggedAddress | null = null;
  requestTime = UNKNOWN_DURATION;
  serviceTime = UNKNOWN_DURATION;
  responseTime = UNKNOWN_DURATION;
  clientRtt = UNKNOWN_DURATION;
  serverRtt = UNKNOWN_DURATION;
  /** Bytes received from and sent to the client. */
  bytesIn = 0;
  bytesOut = 0;
  tags: LoggedTags | null = null;
  trace: LoggedTrace | null = null;
  /** `http`, `https`, `TCP`, `WS` or `WSS-TLS1.3`. */
  protocol: Uint8Array = EMPTY;
  /** It has an endpoint of HTTP: the next four. */
  isHttp = true;
  readonly method = new ByteSlice();
  readonly authority = new ByteSlice();
  readonly path = new ByteSlice();
  /** 0 when no response was begun. */
  status = 0;
  /** Why this proxy answered itself, such as `no_route`. */
  reason: Uint8Array | null = null;
  /** How it ended, such as `H1::Complete`. */
  message: Uint8Array | null = null;
  readonly userAgent = new ByteSlice();
  readonly requestIdHeader = new ByteSlice();
  readonly forwardedFor = new ByteSlice();

  /** Bytes of the parts of the line that the client has sent. */
  get clientBytes(): number {
    return this.method.length + this.authority.length + this.path.length +
      this.userAgent.length + this.requestIdHeader.length + this.forwardedFor.length;
  }
}

/** Writes records in one of the formats. */
export interface AccessFormat {
  /** Most bytes that {@linkcode write} needs for a record. */
  bound(record: AccessRecord): number;
  /** Writes a record to `target` at `at`; returns the position behind it. */
  write(record: AccessRecord, target: Uint8Array, at: number): number;
}
