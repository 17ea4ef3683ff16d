// Where the engine of our worker spends its time: V8's sampling log, summed up by function. The log
// names JavaScript functions and native libraries; time in the kernel counts for the library that
// called it.

import type { Lab } from "../../support/process/lab.ts";
import { outputPath } from "./output.ts";
import { formatTable } from "./report.ts";

/** Name pattern of the logs, in the benchmark's folder. */
const LOG_PREFIX = "v8-";

/** V8 flags that make every process of ours write such a log into `folder`. */
export function profileFlags(folder: string): string {
  return `--prof,--no-logfile-per-isolate,--logfile=${folder}/${LOG_PREFIX}%p.log`;
}

/** How often the engine was found in each place. */
export interface Profile {
  readonly ticks: number;
  /** Ticks in each function or library itself. */
  readonly self: ReadonlyMap<string, number>;
  /** Ticks in native code by the JavaScript function that called it. */
  readonly nativeBy: ReadonlyMap<string, number>;
}

/** Writes the profile of the busiest process next to the figures and prints where it is. */
export function keepProfile(lab: Lab): void {
  const logs = [...Deno.readDirSync(lab.folder)]
    .filter(({ name }) => name.startsWith(LOG_PREFIX))
    .map(({ name }) => readProfile(Deno.readTextFileSync(lab.path(name))))
    .sort((a, b) => b.ticks - a.ticks);
  const busiest = logs[0];
  if (busiest === undefined) return console.error("SKIPPED profile: the engine wrote no log");
  const path = outputPath("profile.txt");
  Deno.writeTextFileSync(path, formatProfile(busiest));
  console.log(`Profile of the busiest process: ${path}`);
}

/** Sums up a log of V8's `--prof`. */
export function readProfile(log: string): Profile {
  const code = new CodeMap();
  const self = new Map<string, number>();
  const nativeBy = new Map<string, number>();
  let ticks = 0;
  for (const line of log.split("\n")) {
    const fields = line.split(",");
    if (fields[0] !== "tick") {
      code.note(fields);
      continue;
    }
    ticks++;
    const place = code.find(Number(fields[1]));
    count(self, fields[5] === GC_STATE ? "(garbage collection)" : place?.name ?? "(elsewhere)");
    if (place?.script !== true) count(nativeBy, code.caller(fields) ?? "(event loop)");
  }
  return { ticks, self, nativeBy };
}

/** The profile as two tables, largest shares first. */
export function formatProfile({ ticks, self, nativeBy }: Profile): string {
  const table = (title: string, counts: ReadonlyMap<string, number>) => {
    const rows = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 40);
    const share = (n: number) => `${(100 * n / ticks).toFixed(1)} %`;
    return [title, ...formatTable([["", ""], ...rows.map(([name, n]) => [name, share(n)])])];
  };
  return [
    `${ticks} samples`,
    ...table("Self time", self),
    "",
    ...table("Native time by calling function", nativeBy),
    "",
  ].join("\n");
}

const GC_STATE = "1";

interface CodeRange {
  start: number;
  end: number;
  readonly name: string;
  /** Whether it was compiled from JavaScript. */
  readonly script: boolean;
}

/** Which code lies at which address; later code replaces what it overlaps. */
class CodeMap {
  #ranges: CodeRange[] = [];
  #sorted = true;

  note(fields: readonly string[]): void {
    if (fields[0] === "code-creation") {
      const start = Number(fields[4]);
      const script = fields[1] === "JS" || fields[1] === "Script";
      this.#add({ start, end: start + Number(fields[5]), name: shortName(fields[6]), script });
    } else if (fields[0] === "shared-library") {
      const name = `[${fields[1]?.split("/").at(-1)}]`;
      this.#add({ start: Number(fields[2]), end: Number(fields[3]), name, script: false });
    } else if (fields[0] === "code-move") {
      const moved = this.find(Number(fields[1]));
      if (moved === null) return;
      moved.end += Number(fields[2]) - moved.start;
      moved.start = Number(fields[2]);
      this.#sorted = false;
    }
  }

  find(address: number): CodeRange | null {
    if (!this.#sorted) this.#sort();
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as CodeRange).start <= address) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low - 1];
    return range !== undefined && address < range.end ? range : null;
  }

  /** The innermost JavaScript function on the stack of a tick. */
  caller(tick: readonly string[]): string | null {
    let address = Number(tick[1]);
    for (const field of tick.slice(6)) {
      // Each frame is an absolute address or a distance from the frame before.
      address = /^[+-]/.test(field)
        ? address + (field[0] === "-" ? -1 : 1) * Number(field.slice(1))
        : Number(field);
      const place = this.find(address);
      if (place?.script === true) return place.name;
    }
    return null;
  }

  #add(range: CodeRange): void {
    this.#ranges.push(range);
    this.#sorted = false;
  }

  #sort(): void {
    const byStart = new Map(this.#ranges.map((range) => [range.start, range]));
    this.#ranges = [...byStart.values()].sort((a, b) => a.start - b.start);
    this.#sorted = true;
  }
}

/** `name file:line:column` with the file's folders left out. */
function shortName(name = ""): string {
  return name.replace(/(?:file|ext|npm|node):\S*\/(?=[^/]*$)/, "").trim() || "(anonymous)";
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
