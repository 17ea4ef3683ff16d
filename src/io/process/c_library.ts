// The C library of the system, for the few calls of the kernel that the runtime does not offer.

/** Names under which C libraries of Linux are loaded. */
const NAMES = ["libc.so.6", "libc.so"];

/** Opens the library with these functions, or says why that is not possible. Whoever opens it closes it. */
export function openCLibrary<Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
): Deno.DynamicLibrary<Symbols> | string {
  if (Deno.build.os !== "linux") return `It is not available on ${Deno.build.os}`;
  const problems: string[] = [];
  for (const name of NAMES) {
    try {
      return Deno.dlopen(name, symbols);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return problems.join("; ");
}
