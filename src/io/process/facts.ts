// The facts of a process from /proc: CPU time, memory, descriptors. There are none without /proc, or when the
// process has ended.

/** Ticks of a second in /proc/PID/stat (USER_HZ), independent of the timer of the kernel. */
const TICKS = 100;
const KIB = 1024;

/** Places in /proc/PID/stat, counted from the state behind the name (proc(5): field number less 3). */
const StatField = { STATE: 0, USER_TICKS: 11, SYSTEM_TICKS: 12, STARTED_TICKS: 19 } as const;

/** One process at one moment. */
export interface ProcessFacts {
  /** Time spent in user and kernel mode. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly virtualBytes: number;
  readonly openDescriptors: number;
  /** `null` for no limit. */
  readonly mostDescriptors: number | null;
  /** Unix time. */
  readonly startedAtSeconds: number;
}

/** What a process has had of the processors, and whether it waits for more. */
export interface ProcessorUse {
  /** Time spent in user and kernel mode. */
  readonly cpuSeconds: number;
  /** Its main thread runs, or would run if a processor were free. */
  readonly wantsMore: boolean;
}

/** The processors as a process has used them, or `null`. */
export function processorUse(pid: number): ProcessorUse | null {
  try {
    const fields = statFields(Deno.readTextFileSync(`/proc/${pid}/stat`));
    return { cpuSeconds: cpuSeconds(fields), wantsMore: fields[StatField.STATE] === "R" };
  } catch {
    return null;
  }
}

/** The facts of a process, or `null`. */
export function processFacts(pid: number): ProcessFacts | null {
  try {
    const folder = `/proc/${pid}`;
    const stat = Deno.readTextFileSync(`${folder}/stat`);
    const status = Deno.readTextFileSync(`${folder}/status`);
    const fields = statFields(stat);
    return {
      cpuSeconds: cpuSeconds(fields),
      residentBytes: kibibytes(status, "VmRSS") * KIB,
      virtualBytes: kibibytes(status, "VmSize") * KIB,
      openDescriptors: openDescriptors(`${folder}/fd`),
      mostDescriptors: mostDescriptors(Deno.readTextFileSync(`${folder}/limits`)),
      startedAtSeconds: bootTime() + seconds(fields, StatField.STARTED_TICKS),
    };
  } catch {
    return null;
  }
}

/** The name of a process, which comes before these, may hold any character, brackets too. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function seconds(fields: readonly string[], field: number): number {
  return Number(fields[field] ?? 0) / TICKS;
}

function cpuSeconds(fields: readonly string[]): number {
  return seconds(fields, StatField.USER_TICKS) + seconds(fields, StatField.SYSTEM_TICKS);
}

function kibibytes(status: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);
}

/** Since Linux 6.2 the folder's size is their number; listing tens of thousands takes milliseconds. */
function openDescriptors(folder: string): number {
  const { size } = Deno.statSync(folder);
  return size > 0 ? size : Array.from(Deno.readDirSync(folder)).length;
}

function mostDescriptors(limits: string): number | null {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}

function bootTime(): number {
  return Number(/^btime (\d+)$/m.exec(Deno.readTextFileSync("/proc/stat"))?.[1] ?? 0);
}
