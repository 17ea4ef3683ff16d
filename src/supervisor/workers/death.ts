// Why a worker has ended: for the counters, the log and the events.

import type { ProcessEnd } from "../../io/process/child.ts";

/** What ended a worker. */
export type DeathCause =
  /** A signal, or an exit code other than 0. */
  | "crashed"
  /** It exited with code 0 although main had not asked it to. */
  | "exited"
  /** It sent no sign of life, and main killed it. */
  | "hung"
  /** It runs another build than main, or sent invalid frames, and main killed it. */
  | "refused";

/** The end of a worker. */
export interface WorkerDeath {
  readonly cause: DeathCause;
  /** Completes the sentence "Worker 3 (pid 4711) …". */
  readonly text: string;
  /** From its start, in milliseconds. */
  readonly livedMs: number;
}

/** The decision of main to kill a worker. */
export interface Verdict {
  readonly cause: "hung" | "refused";
  readonly text: string;
}

/** The end of a process; with a verdict when main killed it. */
export function deathOf(end: ProcessEnd, verdict: Verdict | null, livedMs: number): WorkerDeath {
  if (verdict !== null) return { ...verdict, livedMs };
  const { code, signal } = end;
  const text = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
  return { cause: signal === null && code === 0 ? "exited" : "crashed", text, livedMs };
}
