// What Linux tells about running processes under /proc: their children, CPU time and memory.

/** Unit of the times in /proc/<pid>/stat: USER_HZ is 100 in every Linux user space. */
const MICROSECONDS_PER_TICK = 10_000;

/** One process as /proc/<pid>/stat shows it. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of all its threads. */
  readonly cpuMicros: number;
  /** Distinguishes this process from a later one with the same pid. */
  readonly startTicks: number;
  /** Whether it has ended and only waits for its parent to notice. */
  readonly zombie: boolean;
}

/** A process's line of /proc, or null when it is gone. */
export function readStat(pid: number): ProcessStat | null {
  try {
    return parseStat(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return null;
  }
}

/** Parses a line of /proc/<pid>/stat; the program's name in it may hold blanks and parentheses. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid: parseInt(line),
    parent: field(4),
    cpuMicros: (field(14) + field(15)) * MICROSECONDS_PER_TICK,
    startTicks: field(22),
    zombie: fields[0] === "Z",
  };
}

/** Whether a process seen before is still running. */
export function isRunning({ pid, startTicks }: ProcessStat): boolean {
  const now = readStat(pid);
  return now !== null && now.startTicks === startTicks && !now.zombie;
}

/** Every process there is. */
function allProcesses(): ProcessStat[] {
  const all: ProcessStat[] = [];
  for (const entry of Deno.readDirSync("/proc")) {
    const stat = /^\d+$/.test(entry.name) ? readStat(Number(entry.name)) : null;
    if (stat !== null) all.push(stat);
  }
  return all;
}

/** Processes that were started with an environment variable of this value, by whatever parent. */
export function processesWithEnvironment(name: string, value: string): ProcessStat[] {
  return allProcesses().filter(({ pid }) => {
    try {
      const environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
      return environment.split("\0").includes(`${name}=${value}`);
    } catch {
      return false; // it has ended, or belongs to somebody else
    }
  });
}

/** A process and all its descendants, parents first. */
export function processTree(root: number): ProcessStat[] {
  const all = allProcesses();
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

/** CPU time in microseconds used so far by each process of a tree, by pid. */
export function cpuByProcess(root: number): Map<number, number> {
  return new Map(processTree(root).map(({ pid, cpuMicros }) => [pid, cpuMicros]));
}

/** Resident memory of a process in bytes. */
export interface ResidentMemory {
  /** Its own. */
  readonly anonymous: number;
  /** Pages of files, of which there is one copy for all processes that run the same program. */
  readonly shared: number;
}

/** Resident memory of a process; nothing when it is gone. */
export function residentMemory(pid: number): ResidentMemory {
  let status = "";
  try {
    status = Deno.readTextFileSync(`/proc/${pid}/status`);
  } catch {
    // It is gone.
  }
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024;
  return { anonymous: bytes("RssAnon"), shared: bytes("RssFile") + bytes("RssShmem") };
}

/** All resident memory of a process in bytes; 0 when it is gone. */
export function residentBytes(pid: number): number {
  const { anonymous, shared } = residentMemory(pid);
  return anonymous + shared;
}
