// The command line that almost every main process is started with, understood without the parser of all
// others: that costs a process that runs for months some fifteen megabytes.

/**
 * The configuration file of a line that is `start` with nothing but its file, named by an option before or
 * behind it, or by SOZU_CONFIG; `null` for every other line, which may be as good.
 */
export function plainStart(
  args: readonly string[],
  variable: (name: string) => string | undefined,
): string | null {
  const rest = args[0] === "start"
    ? args.slice(1)
    : args.at(-1) === "start"
    ? args.slice(0, -1)
    : null;
  if (rest === null) return null;
  const [option = "", path] = rest;
  switch (rest.length) {
    case 0:
      return variable("SOZU_CONFIG") || null;
    case 1:
      return /^--config=(.+)$/s.exec(option)?.[1] ?? null;
    case 2:
      return /^(?:-c|--config)$/.test(option) && path && !path.startsWith("-") ? path : null;
    default:
      return null;
  }
}
