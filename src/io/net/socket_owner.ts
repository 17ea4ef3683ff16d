// The process that listens on a unix socket, from the tables of the kernel. For messages only, never for a
// decision.

/** State of a listening socket in /proc/net/unix: connections may be asked for (SO_ACCEPTCON). */
const LISTENING = 0x10000;

/**
 * Pid of the process that listens at `path`, or at a name that begins with it and a dot, which is how
 * a socket is called that was linked to its place; `null` when it is not known.
 */
export function listeningPid(path: string): number | null {
  try {
    const inodes = listeningInodes(Deno.readTextFileSync("/proc/net/unix"), path);
    if (inodes.size === 0) return null;
    for (const { name } of Deno.readDirSync("/proc")) {
      if (/^\d+$/.test(name) && holdsSocket(name, inodes)) return Number(name);
    }
  } catch {
    // Tables like these exist on Linux only.
  }
  return null;
}

/** Inodes of the listening sockets of a path in the text of /proc/net/unix. */
export function listeningInodes(table: string, path: string): Set<string> {
  const inodes = new Set<string>();
  for (const line of table.split("\n")) {
    const [, , , flags, , , inode, ...name] = line.trim().split(" ").filter((word) => word !== "");
    const bound = name.join(" ");
    const named = bound === path ||
      (bound.startsWith(`${path}.`) && /^\d+$/.test(bound.slice(path.length + 1)));
    if (named && inode !== undefined && parseInt(flags ?? "", 16) & LISTENING) inodes.add(inode);
  }
  return inodes;
}

function holdsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
      const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) return true;
    }
  } catch {
    // It has ended, or belongs to another user.
  }
  return false;
}
