// Files of a configuration: read whole, bounded, and only when they are files. A pipe has no end, and
// waiting for one would keep a process from starting.

/** The text of a file. Throws with the reason when it cannot be read, is none, or is too long. */
export function readRegularFile(path: string, maxBytes: number): string {
  const { size, isFile } = Deno.statSync(path);
  if (!isFile) throw new Error("it is no regular file");
  if (size > maxBytes) throw new Error(`it has ${size} bytes, accepted: up to ${maxBytes}`);
  return Deno.readTextFileSync(path);
}
