// Worker outcomes as text for a person. Texts of workers may hold what clients and backends sent,
// so they are made harmless for terminals and for `key=value` logs.

import type { WorkerAnswer } from "./gather.ts";

// Control characters, the byte order mark, line separators and everything that reorders text.
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029\u202a-\u202e\u2066-\u2069,=]/g;

/** Answers listed in one text: more would hide the first ones, which matter most. */
const MAX_LISTED = 20;

/** A worker's text without anything that could forge a column or a terminal command. */
export function sanitise(text: string): string {
  return text.replace(UNSAFE, "?");
}

/** `0: OK, 1: reason` for every answer, by worker. */
export function describeAnswers(answers: readonly WorkerAnswer[]): string {
  const sorted = [...answers].sort((a, b) => a.workerId - b.workerId || a.index - b.index);
  const listed = sorted.slice(0, MAX_LISTED).map(describeAnswer);
  const rest = sorted.length - listed.length;
  return listed.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** The answers that are not OK. */
export function failuresOf(answers: readonly WorkerAnswer[]): WorkerAnswer[] {
  return answers.filter(({ outcome }) => outcome !== "ok");
}

/** `worker 0, worker 2`. */
export function nameWorkers(ids: Iterable<number>): string {
  return [...new Set(ids)].sort((a, b) => a - b).map((id) => `worker ${id}`).join(", ");
}

function describeAnswer({ workerId, outcome, message }: WorkerAnswer): string {
  return `${workerId}: ${outcome === "ok" ? "OK" : sanitise(message) || "Refused"}`;
}
