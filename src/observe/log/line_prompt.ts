// The beginning of a log line written into a buffer: time, nanoseconds, pid, level and process. All of
// it but the microseconds is the same for every line of a second.

import { asciiBytes, copyBytes } from "../../bytes/ascii.ts";
import { writePadded } from "../../bytes/decimal.ts";

/** The process that writes. */
export interface PromptFacts {
  /** Tag of the process: `WRK-00`. */
  readonly tag: string;
  readonly pid: number;
  readonly colored: boolean;
}

const MICROS = 1_000_000;

/** Writes prompts of one level. */
export class LinePrompt {
  readonly #tail: Uint8Array;
  readonly #dim: string;
  #second = -1;
  /** `2026-01-31T12:00:00.` */
  #time: Uint8Array = new Uint8Array(0);
  /** Behind the microseconds: `Z `, and the seconds since 1970. */
  #middle: Uint8Array = new Uint8Array(0);

  /** `color` is put before the level where lines are coloured. */
  constructor({ tag, pid, colored }: PromptFacts, level: string, color: string) {
    this.#dim = colored ? "\x1b[2m" : "";
    this.#tail = asciiBytes(
      colored
        ? `000 \x1b[;2;1m${pid} ${color}${level} \x1b[0;1m${tag}\x1b[m\t`
        : `000 ${pid} ${level} ${tag}\t`,
    );
  }

  /** Writes the prompt of a line at a time in whole microseconds since 1970. */
  write(timeMicros: number, target: Uint8Array, at: number): number {
    const second = Math.floor(timeMicros / MICROS);
    const micros = timeMicros - second * MICROS;
    if (second !== this.#second) this.#setSecond(second);
    at = copyBytes(this.#time, 0, this.#time.length, target, at);
    at = writePadded(micros, 6, target, at);
    at = copyBytes(this.#middle, 0, this.#middle.length, target, at);
    at = writePadded(micros, 6, target, at);
    return copyBytes(this.#tail, 0, this.#tail.length, target, at);
  }

  #setSecond(second: number): void {
    this.#second = second;
    this.#time = asciiBytes(`${new Date(second * 1000).toISOString().slice(0, 19)}.`);
    this.#middle = asciiBytes(`Z ${this.#dim}${second}`);
  }
}
