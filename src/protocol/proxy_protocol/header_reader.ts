// Takes a PROXY protocol header from the start of a connection, however its bytes are split. It says
// how many bytes may be read, never more than the header still needs, so that what follows stays in
// the socket for whoever is next, a TLS handshake for instance. Owns the bound on what is held. Knows
// nothing of sockets, timers, or of what the addresses are used for.

import type { ParseStep, ProxyHeader } from "./header.ts";
import { MAX_V1_SIZE, MIN_V1_SIZE, parseV1 } from "./v1.ts";
import { MAX_V2_LENGTH, parseV2, V2_HEADER_SIZE } from "./v2.ts";

/** What the reader has after some input. */
export type ReadStep =
  | { readonly kind: "need_more" }
  | {
    readonly kind: "done";
    readonly header: ProxyHeader;
    /** The header exactly as received, to be relayed. */
    readonly raw: Uint8Array;
  }
  | { readonly kind: "error"; readonly reason: string };

/** "P". */
const FIRST_BYTE_V1 = 0x50;

const NEED_MORE: ReadStep = { kind: "need_more" };

/** Reads one header, of version 1 or 2, from the start of one connection. */
export class ProxyHeaderReader {
  /** Bytes received so far; never longer than the longest accepted header. */
  readonly #held: Uint8Array;
  readonly #maxLength: number;
  #length = 0;
  /** Bytes that may be read before looking again; 0 once there is an outcome. */
  #wanted = MIN_V1_SIZE;

  /** `maxLength`: most bytes after the fixed part of a version 2 header. */
  constructor(maxLength = MAX_V2_LENGTH) {
    this.#maxLength = maxLength;
    this.#held = new Uint8Array(Math.max(MAX_V1_SIZE, V2_HEADER_SIZE + maxLength));
  }

  /** True when nothing has been received: a client that leaves now was only checking the port. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Where the next bytes of the connection go; empty once there is an outcome. */
  get room(): Uint8Array {
    return this.#held.subarray(this.#length, this.#length + this.#wanted);
  }

  /** Takes `count` bytes that were put at the start of {@link room}. */
  take(count: number): ReadStep {
    if (count > this.#wanted) {
      throw new RangeError(`Cannot take ${count} bytes: ${this.#wanted} are wanted`);
    }
    if (count === 0) return NEED_MORE;
    this.#length += count;
    const step = this.#parse(this.#held.subarray(0, this.#length));
    this.#wanted = step.kind === "need_more" ? step.atLeast : 0;
    if (step.kind === "need_more") return NEED_MORE;
    if (step.kind === "error") return step;
    return { kind: "done", header: step.header, raw: this.#held.subarray(0, step.consumed) };
  }

  #parse(bytes: Uint8Array): ParseStep {
    return bytes[0] === FIRST_BYTE_V1 ? parseV1(bytes) : parseV2(bytes, this.#maxLength);
  }
}
