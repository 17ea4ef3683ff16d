// The HTTP/1.1 conversation of a health probe: one request, and of the answer the status line only. Interim
// responses (RFC 9110 §15.2) are stepped over: they are no answer yet. A backend whose status line would be
// refused in front of a client is refused here too. Knows neither
// connections nor time; what a result means for the backend is decided elsewhere.

import { asciiBytes, copyBytes } from "../../bytes/ascii.ts";
import { MessageHead } from "../http/message_head.ts";
import { FieldReader, ReadStatus } from "./field_reader.ts";
import { type Problem, problemText } from "./problem.ts";
import { StatusLineReader } from "./start_line.ts";

/** The status line must end within so many bytes, as in sozu 2.1. */
export const PROBE_ANSWER_BYTES = 4096;

/** Interim responses before the answer; one or two are usual. */
export const MAX_INTERIM_ANSWERS = 16;

/** A probe without headers of its own. */
export const NO_LINES = new Uint8Array(0);

const CR_LF = asciiBytes("\r\n");

/** For `expectedStatus`: every status from 200 to 299 will do. */
export const ANY_SUCCESS = 0;

/**
 * The bytes that ask a backend how it is. `uri` starts with `/` and has passed the configuration's
 * rules, above all it holds no line end; `authority` is the backend's `ip:port`, `lines` are the headers besides
 * (see {@link probeLines}).
 */
export function probeRequest(
  uri: string,
  authority: string,
  lines: Uint8Array = NO_LINES,
): Uint8Array {
  const head = asciiBytes(`GET ${uri} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n`);
  return joined([head, lines, CR_LF]);
}

/** Headers as lines of HTTP/1.1, in order and spelling; names and values have passed the configuration's rules. */
export function probeLines(
  headers: readonly { readonly name: string; readonly value: Uint8Array }[],
): Uint8Array {
  return joined(
    headers.flatMap(({ name, value }) => [asciiBytes(`${name}: `), value, CR_LF]),
  );
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) at = copyBytes(part, 0, part.length, bytes, at);
  return bytes;
}

/** Statuses from one to another, both included. */
export interface StatusRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Is this the status of a healthy backend? It is in one of the `accepted` ranges; where there are none, `expected`
 * is exact, or {@link ANY_SUCCESS}.
 */
export function isExpectedStatus(
  status: number,
  expected: number,
  accepted: readonly StatusRange[] = [],
): boolean {
  if (accepted.length > 0) {
    return accepted.some(({ start, end }) => status >= start && status <= end);
  }
  return expected === ANY_SUCCESS ? status >= 200 && status <= 299 : status === expected;
}

/** What is known of an answer: nothing yet, its status, or that there will be none. */
export type ProbeAnswer =
  | { readonly kind: "more" }
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "invalid"; readonly reason: string };

const MORE: ProbeAnswer = { kind: "more" };

/** Reads the status line of one answer, and the heads of the interim ones before it. */
export class ProbeReader {
  readonly #bytes = new Uint8Array(PROBE_ANSWER_BYTES);
  readonly #head = new MessageHead(this.#bytes);
  readonly #line = new StatusLineReader();
  readonly #fields = new FieldReader();
  #end = 0;
  /** The fields of an interim answer are being read. */
  #inFields = false;
  #interims = 0;

  constructor() {
    this.#line.begin(0);
  }

  /** Where the next bytes belong; never empty while the answer is `more`. */
  get room(): Uint8Array {
    return this.#bytes.subarray(this.#end);
  }

  /** `count` bytes were put into {@link room}. The first answer that is not `more` is final. */
  received(count: number): ProbeAnswer {
    this.#end += count;
    for (;;) {
      const reader = this.#inFields ? this.#fields : this.#line;
      const read = reader.read(this.#head, this.#end);
      if (read === ReadStatus.BAD) return invalid(reader.problem);
      if (read === ReadStatus.MORE) return this.#more();
      if (this.#inFields) {
        this.#skipInterim();
        continue;
      }
      const { status } = this.#head;
      // 101 is interim by its number only: nothing that could be an answer follows it.
      if (status >= 200 || status === 101) return { kind: "status", status };
      if (++this.#interims > MAX_INTERIM_ANSWERS) {
        const reason = `No status after ${MAX_INTERIM_ANSWERS} interim answers`;
        return { kind: "invalid", reason };
      }
      this.#inFields = true;
      this.#fields.begin(this.#line.position);
    }
  }

  #more(): ProbeAnswer {
    if (this.#end < PROBE_ANSWER_BYTES) return MORE;
    const reason = `No status within the first ${PROBE_ANSWER_BYTES} bytes of the answer`;
    return { kind: "invalid", reason };
  }

  /** What follows an interim answer takes its place. */
  #skipInterim(): void {
    const { position } = this.#fields;
    this.#bytes.copyWithin(0, position, this.#end);
    this.#end -= position;
    this.#head.reset(this.#bytes, 0);
    this.#line.begin(0);
    this.#inFields = false;
  }
}

function invalid(problem: Problem): ProbeAnswer {
  return { kind: "invalid", reason: problemText(problem) };
}
