// Which request methods a rule accepts. The eight registered methods are recognised in any case, every
// other one is an exact, case-sensitive byte string; matching reads the method where it lies.

import { LOWER } from "./host/fold.ts";

const RECOGNISED = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT"];

/** A method constraint, normalised so that two spellings of the same constraint have one `name`. */
export class MethodRule {
  readonly name: string;
  readonly #bytes: Uint8Array;
  readonly #fold: boolean;

  constructor(method: string) {
    const upper = method.toUpperCase();
    this.#fold = RECOGNISED.includes(upper);
    this.name = this.#fold ? upper : method;
    this.#bytes = new TextEncoder().encode(this.#fold ? upper.toLowerCase() : method);
  }

  /** Is the method in `bytes[start..end)` the one this rule asks for? */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    const key = this.#bytes;
    if (end - start !== key.length) return false;
    for (let index = 0; index < key.length; index++) {
      const byte = bytes[start + index] as number;
      if ((this.#fold ? LOWER[byte] : byte) !== key[index]) return false;
    }
    return true;
  }
}
