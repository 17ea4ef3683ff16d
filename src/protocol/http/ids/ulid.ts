// Identifiers of requests and sessions: ULIDs, 26 characters of Crockford base 32 that sort by time.
// The 48 bits of time come first; of the 80 others, 40 are drawn once per source, which tells
// processes apart, and 40 count up, so that an id costs one increment and one copy. Ids are unique
// and sortable, not secret. Knows neither clock nor random generator: both are given.

/** Characters of one id. */
export const ULID_LENGTH = 26;

const ALPHABET = new TextEncoder().encode("0123456789ABCDEFGHJKMNPQRSTVWXYZ");

const TIME_DIGITS = 10;
const RANDOM_BYTES = 16;
/** Where the counting part begins: eight digits of five bits. */
const COUNTER_START = 18;
/** Most the time part can say; 48 bits of milliseconds end in the year 10889. */
const MAX_TIME = 2 ** 48 - 1;

/** Produces ids, each greater than the one before. */
export class UlidSource {
  readonly #fillRandom: (into: Uint8Array<ArrayBuffer>) => void;
  readonly #now: () => number;
  readonly #random = new Uint8Array(RANDOM_BYTES);
  /** Value of each digit of the last id. */
  readonly #digits = new Uint8Array(ULID_LENGTH);
  /** The same as text. */
  readonly #text = new Uint8Array(ULID_LENGTH);
  #time = 0;

  /**
   * `fillRandom` overwrites its argument with random bytes; `now` gives milliseconds since 1970. A
   * clock that steps back is ignored until it has caught up.
   */
  constructor(fillRandom: (into: Uint8Array<ArrayBuffer>) => void, now: () => number) {
    this.#fillRandom = fillRandom;
    this.#now = now;
    this.#setTime(0);
    this.#drawRandom();
  }

  /** Writes the next id to `out[at, at + 26)`. */
  writeInto(out: Uint8Array, at: number): void {
    const now = this.#now();
    if (now >= this.#time + 1) this.#setTime(now);
    this.#increment();
    const text = this.#text;
    for (let i = 0; i < ULID_LENGTH; i++) out[at + i] = text[i] as number;
  }

  /** The next id as text. */
  next(): string {
    const bytes = new Uint8Array(ULID_LENGTH);
    this.writeInto(bytes, 0);
    return String.fromCharCode(...bytes);
  }

  #increment(): void {
    const digits = this.#digits;
    for (let i = ULID_LENGTH - 1; i >= COUNTER_START; i--) {
      const value = (digits[i] as number) + 1;
      if (value < 32) {
        this.#set(i, value);
        return;
      }
      this.#set(i, 0);
    }
    // The counter went round: a new random part, and one millisecond on so that order holds.
    this.#setTime(this.#time + 1);
    this.#drawRandom();
  }

  #setTime(milliseconds: number): void {
    this.#time = Math.min(Math.max(0, Math.floor(milliseconds)), MAX_TIME);
    let rest = this.#time;
    for (let i = TIME_DIGITS - 1; i >= 0; i--) {
      this.#set(i, rest % 32);
      rest = Math.floor(rest / 32);
    }
  }

  #drawRandom(): void {
    this.#fillRandom(this.#random);
    for (let i = 0; i < RANDOM_BYTES; i++) {
      this.#set(TIME_DIGITS + i, (this.#random[i] as number) & 31);
    }
  }

  #set(index: number, digit: number): void {
    this.#digits[index] = digit;
    this.#text[index] = ALPHABET[digit] as number;
  }
}
