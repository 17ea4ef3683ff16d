// Why a worker is no more: what main counts, logs and tells its subscribers.

import type { ProcessEnd } from "../../io/process/child.ts";

/** What ended a worker. */
export type DeathCause =
  /** A signal, or an exit code other than 0. */
  | "crashed"
  /** It left by itself although nobody had asked it to. */
  | "exited"
  /** It gave no sign of life and was killed by main. */
  | "hung"
  /** It runs another build than main, or broke the channel's rules, and was killed by main. */
  | "refused";

/** The end of a worker. */
export interface WorkerDeath {
  readonly cause: DeathCause;
  /** Completes the sentence "Worker 3 (pid 4711) …". */
  readonly text: string;
  /** From its start, in milliseconds. */
  readonly livedMs: number;
}

/** Main's own decision to end a worker. */
export interface Verdict {
  readonly cause: "hung" | "refused";
  readonly text: string;
}

/** The end of a process, which main had decided on if there is a verdict. */
export function deathOf(end: ProcessEnd, verdict: Verdict | null, livedMs: number): WorkerDeath {
  if (verdict !== null) return { ...verdict, livedMs };
  const { code, signal } = end;
  const text = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
  return { cause: signal === null && code === 0 ? "exited" : "crashed", text, livedMs };
}
