// Writes a file whole or not at all: into a temporary file in the same folder, which is then renamed. Where
// renaming is not possible (a single file that is mounted into a container), the file is overwritten.

/** Links followed from one name; the kernel's own limit is 40. */
const MAX_LINKS = 40;

/** Errors of the kernel when a file cannot be renamed, or no file can be made in the folder. */
const CANNOT_REPLACE: ReadonlySet<string> = new Set(["EBUSY", "EXDEV", "EROFS", "EACCES", "EPERM"]);

/** Writes the whole content. Called once more when the file has to be overwritten. */
export type WriteContent = (file: Deno.FsFile) => Promise<void>;

/** The calls to the file system; a test may let them fail. */
export interface FileSystem {
  readonly rename: (from: string, to: string) => Promise<void>;
}

/**
 * Replaces the content of the file at `path`, readable by its owner alone; a missing file is made. Symbolic links
 * are followed. Rejects and changes nothing when there is something else than a regular file.
 */
export async function replaceFile(
  path: string,
  write: WriteContent,
  system: FileSystem = { rename: Deno.rename },
): Promise<void> {
  const target = await followLinks(path);
  const before = await typeOf(target);
  if (before !== null && !before.isFile) throw new Error("it is no regular file");
  // A unique name: two saves of the same file may overlap.
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    await writeWhole(temporary, { write: true, createNew: true, mode: 0o600 }, write);
    await system.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    if (before === null || !CANNOT_REPLACE.has(codeOf(error))) throw error;
    await writeWhole(target, { write: true }, write);
    await Deno.chmod(target, 0o600).catch(() => {});
  }
}

/** The place that a name leads to, whether there is a file or not. */
async function followLinks(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const found = await typeOf(at);
    if (found === null || !found.isSymlink) return at;
    const next = await Deno.readLink(at);
    at = next.startsWith("/") ? next : `${folderOf(at)}${next}`;
  }
  throw new Error(`more than ${MAX_LINKS} links follow each other`);
}

/** The folder part of a path with its slash; "" for a name alone. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

async function typeOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function writeWhole(
  path: string,
  options: Deno.OpenOptions,
  write: WriteContent,
): Promise<void> {
  const file = await Deno.open(path, options);
  try {
    await write(file);
    // An overwritten file may have been longer.
    await file.truncate(await file.seek(0, Deno.SeekMode.Current));
    await file.sync();
  } finally {
    file.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
