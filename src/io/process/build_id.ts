// The build of this program, which differs between two builds of the same version. Main and its workers must run
// the same build, also after the files on disk were replaced while main runs.

/** Folders and files of the program that decide how its processes work together. */
const PARTS = ["main.ts", "deno.json", "config", "src", "workers"];

/** Hexadecimal digits of the hash that are shown. */
const DIGITS = 12;

/** What identifies a build. */
export interface BuildSource {
  /** Version of the program, for people. */
  readonly version: string;
  /** Whether this is a compiled, self-contained binary. */
  readonly standalone: boolean;
  readonly execPath: string;
  /** URL of `main.ts`. */
  readonly mainModule: string;
}

/**
 * `version+hash`: of sizes and times of the source files where those are what runs, of the binary's where it
 * is compiled. Only the version where neither can be read.
 */
export async function buildId(
  { version, standalone, execPath, mainModule }: BuildSource,
): Promise<string> {
  try {
    const content = standalone ? binaryMark(execPath) : sourceMark(new URL(".", mainModule));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
    return `${version}+${new Uint8Array(digest).toHex().slice(0, DIGITS)}`;
  } catch {
    return version;
  }
}

/** The executable that runs, also when its file on disk was replaced. */
function binaryMark(path: string): string {
  const { ino, size, mtime } = Deno.statSync(Deno.build.os === "linux" ? "/proc/self/exe" : path);
  return `${ino} ${size} ${mtime?.getTime()}`;
}

/** Hashes sizes and times: reading every file would take a third of the start time of a worker. */
function sourceMark(root: URL): string {
  const marks: string[] = [];
  for (const part of PARTS) collect(root.pathname, part, marks);
  return marks.sort().join("\n");
}

/** Adds name, size and time of every source file at `part`, which is relative to `root`. */
function collect(root: string, part: string, into: string[]): void {
  const { isDirectory, size, mtime } = Deno.statSync(root + part);
  if (!isDirectory) {
    into.push(`${part} ${size} ${mtime?.getTime()}`);
    return;
  }
  for (const entry of Deno.readDirSync(root + part)) {
    const isSource = entry.name.endsWith(".ts") && !entry.name.endsWith("_test.ts");
    if (entry.isDirectory || isSource) collect(root, `${part}/${entry.name}`, into);
  }
}
