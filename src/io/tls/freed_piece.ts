// Frees the memory of large pieces that the TLS library has made, each with a buffer of its own. The garbage
// collector would do it as well, but it counts such bytes: a bulk transfer has it collect all of the heap, over and
// over, for a fifth of the transfer's CPU time.

/** Smaller pieces are left to the garbage collector: to free one would cost more than it saves. */
const LARGE_PIECE_BYTES = 16 * 1024;

/** Frees a piece that nobody uses any more, when it is worth it and all of its buffer is the piece's own. */
export function freePiece({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < LARGE_PIECE_BYTES || byteLength !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
