import assert from "node:assert/strict";
import { freePiece } from "./freed_piece.ts";

Deno.test("freePiece() frees a large piece at once", () => {
  const piece = new Uint8Array(16 * 1024);
  freePiece(piece);
  assert.equal(piece.buffer.byteLength, 0);
});

Deno.test("freePiece() leaves a small piece alone, and a buffer that others use", () => {
  const small = new Uint8Array(16 * 1024 - 1);
  const shared = new Uint8Array(64 * 1024);
  freePiece(small);
  freePiece(shared.subarray(0, 32 * 1024));
  freePiece(shared.subarray(1));
  assert.deepEqual([small.length, shared.length], [16 * 1024 - 1, 64 * 1024]);
});
