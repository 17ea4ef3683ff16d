// Writing until everything is taken: streams, files and sockets alike may take a part.

/** What can be written to; a write resolves with the number of bytes it took. */
export interface Writable {
  write(bytes: Uint8Array): Promise<number>;
}

/** Resolves when `to` has taken all of `bytes`; rejects as its writes do. */
export async function writeAll(to: Writable, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}
