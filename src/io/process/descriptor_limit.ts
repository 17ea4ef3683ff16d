// The limit of file descriptors of this process and its children, and raising it. Deno raises the soft limit to
// the hard one at its start; only a privileged process can raise the hard limit.

import { openCLibrary } from "./c_library.ts";

/** The limits of this process. */
export interface DescriptorLimits {
  readonly soft: number;
  readonly hard: number;
  /** Most open files of the whole system. */
  readonly system: number;
}

// Constants of the Linux interface, equal on every architecture Deno is built for.
const RLIMIT_NOFILE = 7;
const SYMBOLS = { setrlimit: { parameters: ["i32", "buffer"], result: "i32" } } as const;

/** The limits in force, or `null` where they are not known. */
function descriptorLimits(): DescriptorLimits | null {
  try {
    const text = Deno.readTextFileSync("/proc/self/limits");
    const [, soft, hard] = /^Max open files +(\d+|unlimited) +(\d+|unlimited)/m.exec(text) ?? [];
    const system = Number(Deno.readTextFileSync("/proc/sys/fs/file-max"));
    if (soft === undefined || hard === undefined) return null;
    return { soft: count(soft), hard: count(hard), system };
  } catch {
    return null;
  }
}

/** Asks for `wanted` descriptors, above the hard limit if need be; the limits in force afterwards. */
export function raiseDescriptorLimit(wanted: number): DescriptorLimits | null {
  const before = descriptorLimits();
  if (before === null || before.soft >= wanted) return before;
  const limit = BigUint64Array.of(BigInt(wanted), BigInt(Math.max(wanted, before.hard)));
  const library = openCLibrary(SYMBOLS);
  // Without a library the limits stay, and the caller gets them.
  if (typeof library === "string") return before;
  library.symbols.setrlimit(RLIMIT_NOFILE, limit);
  library.close();
  return descriptorLimits();
}

function count(text: string): number {
  return text === "unlimited" ? Infinity : Number(text);
}
