// Random ids as lower-case hexadecimal digits. Random bytes are drawn many at a time; where they come
// from is given.

const DRAWN_BYTES = 4096;
const DIGITS = new TextEncoder().encode("0123456789abcdef");
const ONE = 0x31;

/** Makes ids of any even number of digits, none of them all zeros. */
export class HexIds {
  readonly #fillRandom: (into: Uint8Array<ArrayBuffer>) => void;
  readonly #bytes = new Uint8Array(DRAWN_BYTES);
  #at = DRAWN_BYTES;

  constructor(fillRandom: (into: Uint8Array<ArrayBuffer>) => void) {
    this.#fillRandom = fillRandom;
  }

  /** Fills `target` with digits. */
  writeInto(target: Uint8Array): void {
    let seen = 0;
    for (let i = 0; i < target.length; i += 2) {
      const byte = this.#next();
      seen |= byte;
      target[i] = DIGITS[byte >> 4] as number;
      target[i + 1] = DIGITS[byte & 15] as number;
    }
    if (seen === 0) target[target.length - 1] = ONE;
  }

  /** A number from 0 up to 1, in steps of 2^-32. */
  fraction(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + this.#next();
    return value / 2 ** 32;
  }

  #next(): number {
    if (this.#at === DRAWN_BYTES) {
      this.#fillRandom(this.#bytes);
      this.#at = 0;
    }
    return this.#bytes[this.#at++] as number;
  }
}
