// What a PROXY protocol header says, whatever its version, and what a parser of either version
// answers. Types only. Knows nothing of how a header looks on the wire.

/** An address inside a header. IPv6 is without brackets. */
export interface ProxyEndpoint {
  readonly ip: string;
  readonly port: number;
}

/** Both ends of the connection the sender accepted. */
export interface ProxyAddresses {
  readonly family: "inet" | "inet6";
  readonly source: ProxyEndpoint;
  readonly destination: ProxyEndpoint;
}

/** A complete, valid header. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** LOCAL: the sender speaks for itself, as in a health check. Version 1 only knows PROXY. */
  readonly command: "LOCAL" | "PROXY";
  readonly transport: "unspec" | "stream" | "dgram";
  /** Null when the sender gives none (UNSPEC, UNKNOWN). */
  readonly addresses: ProxyAddresses | null;
  /** Bytes after the addresses in version 2: TLVs, read with `readTlvs` by who needs them. */
  readonly extensions: Uint8Array;
}

/** What a look at the bytes received so far gives. */
export type ParseStep =
  /** More bytes are needed; at least so many before looking again makes sense. */
  | { readonly kind: "need_more"; readonly atLeast: number }
  /** The header is complete and ends after `consumed` bytes. */
  | { readonly kind: "done"; readonly header: ProxyHeader; readonly consumed: number }
  | { readonly kind: "error"; readonly reason: string };
