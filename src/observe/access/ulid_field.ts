// A ULID as a field of an access log record: a Uint128 whose `low` holds the more significant half, as
// the readers of these records expect.

import { closeLength, writeVarint, writeVarint64 } from "./protobuf_bytes.ts";

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ID_LENGTH = 26;
const DIGIT_BITS = 5;
/** Words of 32 bits in an id. */
export const WORDS = 4;

/** Value of each character, 0 for every other byte. */
const VALUES = digitValues();

function digitValues(): Uint8Array {
  const values = new Uint8Array(256);
  for (let i = 0; i < LETTERS.length; i++) values[LETTERS.charCodeAt(i)] = i;
  return values;
}

/** The 128 bits of a ULID as four unsigned words, the most significant first. */
function ulidWords(id: Uint8Array, words: Uint32Array): void {
  words.fill(0);
  for (let i = 0; i < ID_LENGTH; i++) {
    // Bits above this digit's five, counted from the least significant end.
    const shift = (ID_LENGTH - 1 - i) * DIGIT_BITS;
    const digit = VALUES[id[i] as number] as number;
    const word = WORDS - 1 - (shift >> 5);
    const inWord = shift & 31;
    if (word >= 0) words[word] = (words[word] as number) | (digit << inWord);
    if (inWord > 32 - DIGIT_BITS && word > 0) {
      words[word - 1] = (words[word - 1] as number) | (digit >>> (32 - inWord));
    }
  }
}

/** Writes the id as a field, with `words` to work in; returns the position behind it. */
export function writeUlidField(
  field: number,
  id: Uint8Array,
  words: Uint32Array,
  target: Uint8Array,
  at: number,
): number {
  ulidWords(id, words);
  const [first, second, third, fourth] = words as unknown as [number, number, number, number];
  const body = writeVarint((field << 3) | 2, target, at);
  at = writeVarint64(first, second, target, writeVarint(1 << 3, target, body + 1));
  at = writeVarint64(third, fourth, target, writeVarint(2 << 3, target, at));
  return closeLength(body, 1, target, at);
}
