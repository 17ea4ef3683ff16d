// Private keys and the traffic of clients are in the memory of every process: no core dump may hold them, and no
// other process of the same user may read them.

import { openCLibrary } from "./c_library.ts";

// Constants of the Linux interface, equal on every architecture Deno is built for.
const RLIMIT_CORE = 4;
const PR_SET_DUMPABLE = 4;
const SYMBOLS = {
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
} as const;

/**
 * Forbids core dumps of this process and of those it starts, and makes its memory unreadable for others but root. The
 * reason when that is not possible; `null` when it is done, and on systems without the interface.
 */
export function forbidCoreDumps(): string | null {
  if (Deno.build.os !== "linux") return null;
  const library = openCLibrary(SYMBOLS);
  if (typeof library === "string") return `Core dumps cannot be forbidden: ${library}`;
  const { setrlimit, prctl } = library.symbols;
  const isDone = setrlimit(RLIMIT_CORE, BigUint64Array.of(0n, 0n)) === 0 &&
    prctl(PR_SET_DUMPABLE, 0n, 0n, 0n, 0n) === 0;
  library.close();
  return isDone ? null : "Core dumps cannot be forbidden: the kernel refuses it";
}
