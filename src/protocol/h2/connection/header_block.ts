// A header block on its way: HEADERS and the CONTINUATION frames behind it, which must follow one another
// without anything between them (RFC 9113 section 6.10).

import type { H2Stream } from "./stream.ts";

/** What a block is to become. */
export const BlockKind = { DISCARDED: 0, REQUEST: 1, RESPONSE: 2, TRAILERS: 3 } as const;
export type BlockKind = 0 | 1 | 2 | 3;

const NO_BYTES = new Uint8Array(0);
const LEAST_BYTES = 2_048;

/** The block of one connection that is being received. */
export class HeaderBlock<O> {
  /** The stream of an open block; 0 while there is none. */
  id = 0;
  kind: BlockKind = BlockKind.DISCARDED;
  /** The live stream it is for. */
  stream: H2Stream<O> | null = null;
  endsStream = false;
  /** The pieces so far. */
  bytes: Uint8Array = NO_BYTES;
  length = 0;
  continuations = 0;

  /** Starts a block. */
  begin(id: number, kind: BlockKind, stream: H2Stream<O> | null, endsStream: boolean): void {
    this.id = id;
    this.kind = kind;
    this.stream = stream;
    this.endsStream = endsStream;
    this.length = this.continuations = 0;
  }

  /** Keeps a piece, `source[start, end)`. */
  add(source: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(LEAST_BYTES, 2 * needed));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(source.subarray(start, end), this.length);
    this.length = needed;
  }

  /** The block is complete or of no interest any more. */
  end(): void {
    this.id = 0;
    this.stream = null;
    this.bytes = NO_BYTES;
  }
}
