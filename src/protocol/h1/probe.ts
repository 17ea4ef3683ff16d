// The HTTP/1.1 conversation of a health probe: one request, and of the answer the status line only. A
// backend whose status line would be refused in front of a client is refused here too. Knows neither
// connections nor time; what a result means for the backend is decided elsewhere.

import { asciiBytes } from "../../bytes/ascii.ts";
import { MessageHead } from "../http/message_head.ts";
import { ReadStatus } from "./field_reader.ts";
import { problemText } from "./problem.ts";
import { StatusLineReader } from "./start_line.ts";

/** The status line must end within so many bytes, as in sozu 2.1. */
export const PROBE_ANSWER_BYTES = 4096;

/** For `expectedStatus`: every status from 200 to 299 will do. */
export const ANY_SUCCESS = 0;

/**
 * The bytes that ask a backend how it is. `uri` starts with `/` and has passed the configuration's
 * rules, above all it holds no line end; `authority` is the backend's `ip:port`.
 */
export function probeRequest(uri: string, authority: string): Uint8Array {
  return asciiBytes(`GET ${uri} HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`);
}

/** Is this the status of a healthy backend? `expected` is exact, or {@link ANY_SUCCESS}. */
export function isExpectedStatus(status: number, expected: number): boolean {
  return expected === ANY_SUCCESS ? status >= 200 && status <= 299 : status === expected;
}

/** What is known of an answer: nothing yet, its status, or that there will be none. */
export type ProbeAnswer =
  | { readonly kind: "more" }
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "invalid"; readonly reason: string };

const MORE: ProbeAnswer = { kind: "more" };

/** Reads the status line of one answer. */
export class ProbeReader {
  readonly #bytes = new Uint8Array(PROBE_ANSWER_BYTES);
  readonly #head = new MessageHead(this.#bytes);
  readonly #line = new StatusLineReader();
  #end = 0;

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
    switch (this.#line.read(this.#head, this.#end)) {
      case ReadStatus.DONE:
        return { kind: "status", status: this.#head.status };
      case ReadStatus.BAD:
        return { kind: "invalid", reason: problemText(this.#line.problem) };
      default:
        if (this.#end < PROBE_ANSWER_BYTES) return MORE;
        return {
          kind: "invalid",
          reason: `No status within the first ${PROBE_ANSWER_BYTES} bytes of the answer`,
        };
    }
  }
}
