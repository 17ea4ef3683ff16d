// Problems of a configuration file: where, which key, what is wrong. They are collected and never thrown, so that one
// run of `config check` shows everything there is to repair. Errors and warnings are kept apart. Knows nothing of
// TOML or of any particular key.

import { MAX_PROBLEMS_REPORTED, MAX_QUOTED_VALUE_CHARACTERS } from "../defaults.ts";

/** One error or warning about a configuration file. */
export interface ConfigProblem {
  /** Path of the file as it was given to the loader. */
  readonly file: string;
  /** Line in the file, counted from 1. */
  readonly line: number;
  /** Full dotted key, for instance `clusters.web.frontends[1].hostname`; "" for the file itself. */
  readonly key: string;
  /** What is wrong and what is accepted. */
  readonly message: string;
}

/** A spot in the file that a problem can point at. */
export interface Place {
  readonly key: string;
  readonly line: number;
}

/** Where a field of a message comes from, by its name: the key it was read from, or the table. */
export type PlaceOf = (field: string) => Place;

/** Renders a problem as `file:line: key: message`, the form editors can jump to. */
export function formatProblem(problem: ConfigProblem): string {
  const where = `${problem.file}:${problem.line}: `;
  return problem.key === ""
    ? where + problem.message
    : `${where}${problem.key}: ${problem.message}`;
}

/** Quotes a piece of the file for a message: control characters escaped, length bounded. */
export function quote(text: string): string {
  const shown = text.length > MAX_QUOTED_VALUE_CHARACTERS
    ? text.slice(0, MAX_QUOTED_VALUE_CHARACTERS) + "..."
    : text;
  return `'${JSON.stringify(shown).slice(1, -1).replaceAll('\\"', '"')}'`;
}

/** Puts words in a sentence: "a, b or c". */
export function listed(words: readonly string[]): string {
  const last = words.at(-1);
  if (last === undefined) return "nothing";
  return words.length === 1 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

/**
 * Collects the problems of one file. Both lists are bounded: a hostile file of millions of unknown
 * keys must not turn into gigabytes of messages.
 */
export class Problems {
  readonly #file: string;
  readonly #errors: ConfigProblem[] = [];
  readonly #warnings: ConfigProblem[] = [];
  #unreportedErrors = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Whether further errors are only counted, so that their messages need no care. */
  get full(): boolean {
    return this.#errors.length >= MAX_PROBLEMS_REPORTED;
  }

  /** Records something that makes the file unusable. */
  error(place: Place, message: string): void {
    if (this.#errors.length < MAX_PROBLEMS_REPORTED) {
      this.#errors.push(this.#problem(place, message));
    } else this.#unreportedErrors++;
  }

  /** Records something that works, though probably not as its author meant. */
  warn(place: Place, message: string): void {
    if (this.#warnings.length < MAX_PROBLEMS_REPORTED) {
      this.#warnings.push(this.#problem(place, message));
    }
  }

  /** Whether an error was reported at the place or inside of it: what follows from it need not be. */
  hasErrorAt({ key, line }: Place): boolean {
    return this.#errors.some((error) =>
      error.line === line && (error.key === key || error.key.startsWith(`${key}.`))
    );
  }

  /** Errors in file order; ends with a count of those beyond the bound. */
  errors(): ConfigProblem[] {
    const sorted = [...this.#errors].sort((a, b) => a.line - b.line);
    const last = sorted.at(-1);
    if (this.#unreportedErrors === 0 || last === undefined) return sorted;
    const message = `${this.#unreportedErrors} more errors are not shown`;
    return [...sorted, { file: this.#file, line: last.line, key: "", message }];
  }

  /** Warnings in file order. */
  warnings(): ConfigProblem[] {
    return [...this.#warnings].sort((a, b) => a.line - b.line);
  }

  #problem(place: Place, message: string): ConfigProblem {
    return { file: this.#file, line: place.line, key: place.key, message };
  }
}
