// Which request methods a rule accepts. Methods are case-sensitive (RFC 9110 section 9.1): `get` is not
// `GET`. Matching reads the method where it lies.

import { asciiBytes, equalBytes } from "../bytes/ascii.ts";

/** A method constraint. */
export class MethodRule {
  readonly name: string;
  readonly #bytes: Uint8Array;

  constructor(method: string) {
    this.name = method;
    this.#bytes = asciiBytes(method);
  }

  /** Is the method in `bytes[start..end)` the one this rule asks for? */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    return equalBytes(bytes, start, end, this.#bytes, 0, this.#bytes.length);
  }
}
