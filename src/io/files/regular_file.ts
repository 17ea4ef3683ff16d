// Reads the files of a configuration: whole, bounded, and regular files only. A pipe may have no end, and
// reading it would keep the process from starting.

/** The text of a file. Throws the reason when it cannot be read, is not a regular file, or is too long. */
export function readRegularFile(path: string, maxBytes: number): string {
  checkRegularFile(path, maxBytes);
  return Deno.readTextFileSync(path);
}

/** The bytes of such a file. */
export function readRegularBytes(path: string, maxBytes: number): Uint8Array {
  checkRegularFile(path, maxBytes);
  return Deno.readFileSync(path);
}

function checkRegularFile(path: string, maxBytes: number): void {
  const { size, isFile } = Deno.statSync(path);
  if (!isFile) throw new Error("it is no regular file");
  if (size > maxBytes) throw new Error(`it has ${size} bytes, accepted: up to ${maxBytes}`);
}
