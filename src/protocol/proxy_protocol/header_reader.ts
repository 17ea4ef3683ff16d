// Takes a PROXY protocol header from the start of a connection, however its bytes are split, and
// leaves what follows untouched. Owns the bound on what is held. Knows nothing of sockets, timers,
// or of what the addresses are used for.

import type { ParseStep, ProxyHeader } from "./header.ts";
import { MAX_V1_SIZE, parseV1 } from "./v1.ts";
import { MAX_V2_LENGTH, parseV2, V2_HEADER_SIZE } from "./v2.ts";

/** Which versions a listener takes. sozu 2.1 takes version 2 only. */
export type AcceptedVersions = "v2" | "any";

/** What the reader has after some input. */
export type ReadStep =
  | { readonly kind: "need_more" }
  | {
    readonly kind: "done";
    readonly header: ProxyHeader;
    /** The header exactly as received, to be relayed. */
    readonly raw: Uint8Array;
    /** What followed the header in the input of this call: the first bytes of the payload. */
    readonly rest: Uint8Array;
  }
  | { readonly kind: "error"; readonly reason: string };

/** "P". */
const FIRST_BYTE_V1 = 0x50;

/** Limits of one reader. */
export interface ReaderOptions {
  readonly accepts?: AcceptedVersions;
  /** Most bytes after the fixed part of a version 2 header. */
  readonly maxLength?: number;
}

/** Reads one header from the start of one connection. */
export class ProxyHeaderReader {
  readonly #accepts: AcceptedVersions;
  readonly #maxLength: number;
  /** Copy of the bytes received so far; never longer than the longest accepted header. */
  readonly #held: Uint8Array;
  #heldLength = 0;
  #outcome: "reading" | "done" | "failed" = "reading";

  constructor({ accepts = "v2", maxLength = MAX_V2_LENGTH }: ReaderOptions = {}) {
    this.#accepts = accepts;
    this.#maxLength = maxLength;
    this.#held = new Uint8Array(Math.max(MAX_V1_SIZE, V2_HEADER_SIZE + maxLength));
  }

  /** True when nothing has been received: a client that leaves now was only checking the port. */
  get isEmpty(): boolean {
    return this.#heldLength === 0;
  }

  /** Takes the next bytes. After "done" or "error" the reader must not be used again. */
  receive(bytes: Uint8Array): ReadStep {
    if (this.#outcome !== "reading") {
      return { kind: "error", reason: "The PROXY protocol header was read already" };
    }
    const before = this.#heldLength;
    const taken = Math.min(bytes.length, this.#held.length - before);
    this.#held.set(bytes.subarray(0, taken), before);
    this.#heldLength = before + taken;

    const step = this.#parse(this.#held.subarray(0, this.#heldLength));
    switch (step.kind) {
      case "need_more":
        return step;
      case "error":
        this.#outcome = "failed";
        return step;
      case "done":
        this.#outcome = "done";
        return {
          kind: "done",
          header: step.header,
          raw: this.#held.slice(0, step.consumed),
          rest: bytes.subarray(step.consumed - before),
        };
    }
  }

  #parse(bytes: Uint8Array): ParseStep {
    if (this.#accepts === "any" && bytes[0] === FIRST_BYTE_V1) return parseV1(bytes);
    return parseV2(bytes, this.#maxLength);
  }
}
