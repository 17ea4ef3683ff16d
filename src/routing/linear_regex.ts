// Regular expressions written by operators and run on what clients send. They are matched in time
// linear in the input (RE2 automata, no back-references), so no route can be made slow by a request.
// This file is the only one that knows which library does it.

import { RE2JS } from "re2js";

/**
 * Longest accepted source, in UTF-16 code units. Automata grow with the source (a counted repetition
 * multiplies it), and the longest expressions seen in route tables are a few hundred characters.
 */
const MAX_REGEX_LENGTH = 4096;

/** How a pattern is applied. */
export interface RegexOptions {
  /** The whole text must match, not just some part of it. */
  readonly anchored: boolean;
  readonly ignoreCase: boolean;
}

/** One compiled expression. */
export class LinearRegex {
  readonly source: string;
  readonly #program: RE2JS;
  readonly #anchored: boolean;

  private constructor(source: string, program: RE2JS, anchored: boolean) {
    this.source = source;
    this.#program = program;
    this.#anchored = anchored;
  }

  /** Compiles `source`, or says in one phrase what is wrong with it. */
  static compile(source: string, options: RegexOptions): LinearRegex | string {
    if (source.length > MAX_REGEX_LENGTH) {
      return `it is ${source.length} characters long, at most ${MAX_REGEX_LENGTH} are accepted`;
    }
    try {
      const flags = options.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0;
      return new LinearRegex(source, RE2JS.compile(source, flags), options.anchored);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** How many explicit groups the expression has. */
  get groupCount(): number {
    return this.#program.groupCount();
  }

  test(text: string): boolean {
    return this.#anchored ? this.#program.testExact(text) : this.#program.test(text);
  }

  /** The explicit groups of a match, a group that took no part as "", or `null` without a match. */
  groups(text: string): string[] | null {
    const matcher = this.#program.matcher(text);
    if (!(this.#anchored ? matcher.matches() : matcher.find())) return null;
    const groups: string[] = [];
    for (let index = 1; index <= matcher.groupCount(); index++) {
      groups.push(matcher.group(index) ?? "");
    }
    return groups;
  }
}

/**
 * Order among expressions that could match the same text: the longer source first, then byte order.
 * It makes the winner independent of the order in which routes were added.
 */
export function compareRegexSources(left: string, right: string): number {
  if (left.length !== right.length) return right.length - left.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
