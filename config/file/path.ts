// Path arithmetic on strings (POSIX). The loader resolves names without asking a file system, so
// symbolic links are not followed and nothing has to exist.

/** Resolves a path against a directory and removes `.`, `..` and doubled slashes. */
export function resolvePath(directory: string, path: string): string {
  const joined = path.startsWith("/") ? path : `${directory}/${path}`;
  const absolute = joined.startsWith("/");
  const segments: string[] = [];
  for (const segment of joined.split("/")) {
    if (segment === "" || segment === ".") continue;
    const parent = segments.at(-1);
    if (segment !== "..") segments.push(segment);
    else if (parent !== undefined && parent !== "..") segments.pop();
    else if (!absolute) segments.push(segment);
  }
  const resolved = segments.join("/");
  if (absolute) return `/${resolved}`;
  return resolved === "" ? "." : resolved;
}

/** The directory part of a path: "." when it has none. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}

/** Whether the path can name a file: its last segment is neither empty nor a directory name. */
export function namesAFile(path: string): boolean {
  const last = path.slice(path.lastIndexOf("/") + 1);
  return last !== "" && last !== "." && last !== "..";
}
