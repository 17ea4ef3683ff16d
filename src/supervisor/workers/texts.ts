// Answers of workers as text. Their messages may hold what clients and backends sent, so they are made harmless for
// terminals and for `key=value` logs.

import { safeText } from "../../observe/log/safe_text.ts";
import type { WorkerAnswer } from "../commands/fan_out.ts";

/** Most answers in one text. */
const MAX_LISTED = 20;

/** The message of a worker as part of a row of fields: it can forge neither a field nor a terminal command. */
export function sanitise(text: string): string {
  return safeText(text).replace(/[,=]/g, "?");
}

/**
 * `0: OK, 1: reason` for every answer, by worker. `spell` makes the reasons harmless: for a terminal by default,
 * `sanitise` for a row of fields.
 */
export function describeAnswers(
  answers: readonly WorkerAnswer[],
  spell: (text: string) => string = safeText,
): string {
  const sorted = [...answers].sort((a, b) => a.workerId - b.workerId || a.index - b.index);
  const listed = sorted.slice(0, MAX_LISTED).map((answer) => describeAnswer(answer, spell));
  const rest = sorted.length - listed.length;
  return listed.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** The answers that are not OK. */
export function failuresOf(answers: readonly WorkerAnswer[]): WorkerAnswer[] {
  return answers.filter(({ outcome }) => outcome !== "ok");
}

/** What an OK says of something that every worker has done. */
export function appliedText(workers: number): string {
  if (workers === 0) return "Recorded; no worker is running";
  return workers === 1 ? "Applied to the one worker" : `Applied to all ${workers} workers`;
}

/** `worker 0, worker 2`. */
export function nameWorkers(ids: Iterable<number>): string {
  return [...new Set(ids)].sort((a, b) => a - b).map((id) => `worker ${id}`).join(", ");
}

function describeAnswer(
  { workerId, outcome, message }: WorkerAnswer,
  spell: (text: string) => string,
): string {
  return `${workerId}: ${outcome === "ok" ? "OK" : spell(message) || "Refused"}`;
}
