// Answer templates named on the command line: `--answer 503=file://page.http` of clusters and
// `--answer-503 page.http` of listeners.

import { LEGACY_ANSWER_STATUSES } from "../../../config/defaults.ts";
import type { CustomHttpAnswers } from "../../../config/schema/messages.ts";
import type { BuildInputs } from "../command_host.ts";
import { CommandProblem } from "../problem.ts";

const FILE_SCHEME = "file://";

/** A status with an `--answer-NNN` option on `listener http|https update`: all but 400 (sozu 2.1). */
type PatchableAnswer = Exclude<typeof LEGACY_ANSWER_STATUSES[number], "400">;

/** Every such status. */
export const PATCHABLE_ANSWERS: readonly PatchableAnswer[] = LEGACY_ANSWER_STATUSES
  .filter((status): status is PatchableAnswer => status !== "400");

/** Values of `--answer-NNN` options: attribute name to path. */
export type AnswerPaths = {
  readonly [K in `answer${PatchableAnswer}`]?: string;
};

/** `CODE=BODY` or `CODE=file://PATH` items to a map from status to template. */
export function answersOf(
  items: readonly string[],
  inputs: BuildInputs,
): Map<string, string> | CommandProblem {
  const answers = new Map<string, string>();
  for (const item of items) {
    const equals = item.indexOf("=");
    const status = item.slice(0, Math.max(0, equals));
    const value = item.slice(equals + 1);
    if (equals < 1 || value === "") {
      return new CommandProblem(
        `Cannot use --answer "${item}": expected <code>=<template> or <code>=file://<path>`,
      );
    }
    const body = value.startsWith(FILE_SCHEME)
      ? inputs.readFile(value.slice(FILE_SCHEME.length))
      : value;
    if (body instanceof CommandProblem) return body;
    answers.set(status, body);
  }
  return answers;
}

/** Reads the files of `--answer-NNN` options; `undefined` when none was given. */
export function answerMessageOf(
  paths: AnswerPaths,
  inputs: BuildInputs,
): CustomHttpAnswers | CommandProblem | undefined {
  const answers: CustomHttpAnswers = {};
  let given = false;
  for (const status of PATCHABLE_ANSWERS) {
    const path = paths[`answer${status}`];
    if (path === undefined) continue;
    const body = inputs.readFile(path);
    if (body instanceof CommandProblem) return body;
    answers[`answer_${status}`] = body;
    given = true;
  }
  return given ? answers : undefined;
}
