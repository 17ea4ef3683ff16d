// Takes a PROXY protocol header from the start of a connection, however its bytes are split. It says
// how many bytes may be read, never more than the header still needs, so that what follows stays in
// the socket for whoever is next, a TLS handshake for instance. Owns the bound on what is held. Knows
// nothing of sockets, timers, or of what the addresses are used for.

import type { ParseStep, ProxyHeader } from "./header.ts";
import { MIN_V1_SIZE, parseV1 } from "./v1.ts";
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

/** Room for every header without long records. */
const FIRST_ROOM = V2_HEADER_SIZE + MAX_V2_LENGTH;

const NEED_MORE: ReadStep = { kind: "need_more" };

/** Reads one header, of version 1 or 2, from the start of one connection. */
export class ProxyHeaderReader {
  /**
   * Holds the bytes received so far. It grows with what has come, not with the length that a header only
   * announces, and never beyond the longest accepted header.
   */
  #held = new Uint8Array(FIRST_ROOM);
  readonly #maxLength: number;
  #length = 0;
  /** Bytes that may be read before looking again; 0 once there is an outcome. */
  #wanted = MIN_V1_SIZE;

  /** `maxLength`: most bytes after the fixed part of a version 2 header. */
  constructor(maxLength = MAX_V2_LENGTH) {
    this.#maxLength = maxLength;
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
    if (count > this.room.length) {
      throw new RangeError(`Cannot take ${count} bytes: there is room for ${this.room.length}`);
    }
    if (count === 0) return NEED_MORE;
    this.#length += count;
    const step = this.#parse(this.#held.subarray(0, this.#length));
    this.#wanted = step.kind === "need_more" ? step.atLeast : 0;
    if (step.kind === "need_more") {
      if (this.#length === this.#held.length) this.#grow();
      return NEED_MORE;
    }
    if (step.kind === "error") return step;
    // The room that was left over is not kept for as long as the header is.
    const raw = this.#held.length > FIRST_ROOM
      ? this.#held.slice(0, step.consumed)
      : this.#held.subarray(0, step.consumed);
    return { kind: "done", header: step.header, raw };
  }

  #grow(): void {
    const held = new Uint8Array(Math.min(2 * this.#length, this.#length + this.#wanted));
    held.set(this.#held);
    this.#held = held;
  }

  #parse(bytes: Uint8Array): ParseStep {
    return bytes[0] === FIRST_BYTE_V1 ? parseV1(bytes) : parseV2(bytes, this.#maxLength);
  }
}
