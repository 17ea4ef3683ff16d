// The contract for the transport under the client: a byte stream without frames, requests or reconnection.
// `unix_transport.ts` implements it for a unix socket.

/** An ordered byte stream in both directions. */
export interface Transport {
  /** The next bytes, or `null` once the peer has ended the stream. Rejects when the stream broke. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when all of `bytes` has been handed to the operating system. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends both directions; a pending `read` settles. May be called more than once. */
  close(): void;
}

/** Opens one new transport. Rejects with a `ClientError` of kind `cannot_connect`. */
export type Dial = () => Promise<Transport>;
