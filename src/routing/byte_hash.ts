// The hash of byte strings under which tables keep them. Callers hash while they walk a host or a path,
// so it is offered step by step.

/** Start of every hash: FNV-1a, 32 bits. */
export const HASH_SEED = 0x811c9dc5 | 0;
const HASH_PRIME = 0x01000193;

/** One byte more. */
export function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, HASH_PRIME);
}

/** Spreads a hash over all 32 bits, from which tables take their slots. */
export function hashFinish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}
