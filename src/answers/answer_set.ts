// Which template answers with which status: a cluster's own over the listener's over the built-in
// one. Layers are immutable; a change builds a new layer or nothing at all. Knows nothing of
// requests or of how a template is rendered.

import { LEGACY_ANSWER_STATUSES } from "../../config/defaults.ts";
import { BUILT_IN_TEMPLATES } from "./built_in_templates.ts";
import { compileTemplate, TemplateError } from "./template.ts";
import type { CompiledTemplate } from "./template.ts";

/** Deprecated one-field-per-status form; has the shape of the `CustomHttpAnswers` message. */
export type LegacyAnswers = {
  readonly [K in `answer_${typeof LEGACY_ANSWER_STATUSES[number]}`]?: string;
};

/** Compiled templates of one owner (a listener or a cluster), by status. */
export type AnswerLayer = ReadonlyMap<number, CompiledTemplate>;

/** Statuses this proxy answers with by itself. */
export type AnswerStatus =
  | 301
  | 302
  | 308
  | 400
  | 401
  | 404
  | 405
  | 408
  | 413
  | 421
  | 429
  | 502
  | 503
  | 504
  | 507;

/**
 * Compiles the answers of one owner. `answers` maps a status code to a template text and wins over
 * `legacy`; an empty text counts as absent. The first template that does not compile refuses all.
 */
export function compileAnswers(
  answers: ReadonlyMap<string, string>,
  legacy: LegacyAnswers = {},
): AnswerLayer | TemplateError {
  const texts = new Map<string, string>();
  for (const status of LEGACY_ANSWER_STATUSES) {
    const text = legacy[`answer_${status}`];
    if (text !== undefined && text !== "") texts.set(status, text);
  }
  for (const [code, text] of answers) if (text !== "") texts.set(code, text);

  const layer = new Map<number, CompiledTemplate>();
  for (const [code, text] of texts) {
    const status = Number(code);
    if (!/^[2-5][0-9]{2}$/.test(code)) {
      return new TemplateError(code, "it is not a status, 200 to 599 is accepted");
    }
    const template = compileTemplate(status, text);
    if (template instanceof TemplateError) return template;
    layer.set(status, template);
  }
  return layer;
}

/** The entries of `base`, replaced or completed by those of `patch`. */
export function mergeAnswers(base: AnswerLayer, patch: AnswerLayer): AnswerLayer {
  return new Map([...base, ...patch]);
}

/** An owner that configured nothing. */
export const NO_ANSWERS: Readonly<AnswerLayer> = new Map();

const BUILT_IN = compileBuiltIn();

function compileBuiltIn(): AnswerLayer {
  const layer = new Map<number, CompiledTemplate>();
  for (const [status, text] of BUILT_IN_TEMPLATES) {
    const template = compileTemplate(status, text, { escapesHtml: true });
    if (template instanceof TemplateError) throw new Error(template.message);
    layer.set(status, template);
  }
  return layer;
}

/** The answers of one listener over the built-in ones; clusters bring theirs to each lookup. */
export class AnswerSet {
  readonly #templates: AnswerLayer;

  constructor(listener: AnswerLayer = NO_ANSWERS) {
    this.#templates = mergeAnswers(BUILT_IN, listener);
  }

  /** The template for `status`, the one of `cluster` first. */
  lookup(status: AnswerStatus, cluster: AnswerLayer | null): CompiledTemplate {
    const template = cluster?.get(status) ?? this.#templates.get(status);
    if (template === undefined) throw new TypeError(`Cannot answer: no template for "${status}"`);
    return template;
  }
}
