// How many file descriptors this process and its children may have, and raising that. The runtime has
// raised the soft limit to the hard one when it started; only a privileged process gets any further.

/** The limits of this process. */
export interface DescriptorLimits {
  readonly soft: number;
  readonly hard: number;
  /** Open files of the whole system at most. */
  readonly system: number;
}

// Numbers of the Linux interface, the same on every architecture the runtime is built for.
const RLIMIT_NOFILE = 7;
const C_LIBRARIES = ["libc.so.6", "libc.so"];
const SYMBOLS = { setrlimit: { parameters: ["i32", "buffer"], result: "i32" } } as const;

/** The limits in force, or `null` where they cannot be told. */
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
  for (const name of C_LIBRARIES) {
    try {
      const library = Deno.dlopen(name, SYMBOLS);
      library.symbols.setrlimit(RLIMIT_NOFILE, limit);
      library.close();
      break;
    } catch {
      // Another name, or none: the limits stay what they are, and that is what the caller is told.
    }
  }
  return descriptorLimits();
}

function count(text: string): number {
  return text === "unlimited" ? Infinity : Number(text);
}
