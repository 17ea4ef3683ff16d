// Answer templates of listeners and clusters: the `answers` table (literal text or `file://PATH`)
// and the older keys that name one file a status. The templates themselves are checked when the file is tried.

import { ANSWER_STATUSES, LEGACY_ANSWER_STATUSES } from "../../defaults.ts";
import { mapOf, optional } from "../table.ts";
import { type Located, located, path, text } from "../fields.ts";
import { presentFields } from "../../values/present_fields.ts";
import { listed, type Place, type Problems } from "../problem.ts";
import type { FileSources } from "../sources.ts";
import type { CustomHttpAnswers } from "../../schema/messages.ts";

/** Reads an `answers` table. */
export const answers = mapOf(located(text));

type AnswerTable = Map<string, Located<string>>;

type LegacyKey = `answer_${typeof LEGACY_ANSWER_STATUSES[number]}`;

const HTTP_FAMILY = { only: ["http", "https"] };

/** The deprecated `answer_NNN` keys of listeners. */
export const LEGACY_ANSWER_KEYS = Object.fromEntries(
  LEGACY_ANSWER_STATUSES.map((status) => [
    `answer_${status}`,
    optional(path, `file with the answer template for ${status}`, {
      ...HTTP_FAMILY,
      instead: `answers."${status}"`,
    }),
  ]),
) as Readonly<Record<LegacyKey, ReturnType<typeof optional<string>>>>;

/** Templates of a listener as messages carry them. */
export interface ListenerAnswers {
  /** Only what the deprecated keys gave. */
  readonly legacy: CustomHttpAnswers | undefined;
  /** Status to template; the `answers` table wins over the deprecated keys. */
  readonly templates: Map<string, string>;
}

/** What reading a listener's table gives about its answers. */
export interface ListenerAnswerReading {
  readonly values:
    & Readonly<Record<LegacyKey, string | undefined>>
    & { readonly answers: AnswerTable | undefined };
  at(key: LegacyKey): Place;
}

/** Loads the templates of a listener. */
export function listenerAnswers(
  reading: ListenerAnswerReading,
  sources: FileSources,
  problems: Problems,
): ListenerAnswers {
  const templates = new Map<string, string>();
  const legacy: Partial<Record<LegacyKey, string>> = {};
  for (const status of LEGACY_ANSWER_STATUSES) {
    const key: LegacyKey = `answer_${status}`;
    const template = sources.required(reading.values[key], reading.at(key));
    if (template === undefined) continue;
    legacy[key] = template;
    templates.set(status, template);
  }
  const table = answerTemplates(reading.values.answers, sources, problems);
  for (const [status, template] of table) templates.set(status, template);
  const hasLegacy = Object.keys(legacy).length > 0;
  return { legacy: hasLegacy ? presentFields(legacy) : undefined, templates };
}

/** Loads an `answers` table. Empty texts are skipped: they mean "no template of our own". */
export function answerTemplates(
  table: AnswerTable | undefined,
  sources: FileSources,
  problems: Problems,
): Map<string, string> {
  const templates = new Map<string, string>();
  for (const [status, { value: source, place }] of table ?? []) {
    checkStatus(status, place, problems);
    const isFile = source.startsWith("file://");
    const template = isFile ? sources.required(source.slice("file://".length), place) : source;
    if (template !== undefined && source !== "") templates.set(status, template);
  }
  return templates;
}

function checkStatus(status: string, place: Place, problems: Problems): void {
  if (ANSWER_STATUSES.includes(status)) return;
  const accepted = `accepted: ${listed([...ANSWER_STATUSES].sort())}`;
  if (/^[1-5][0-9]{2}$/.test(status)) {
    problems.warn(place, `Unused: the proxy never answers '${status}' on its own, ${accepted}`);
  } else {
    problems.error(place, `Unknown key, not the status of an answer; ${accepted}`);
  }
}
