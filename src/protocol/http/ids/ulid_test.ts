import assert from "node:assert/strict";
import { ULID_LENGTH, UlidSource } from "./ulid.ts";

const FORMAT = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Fills with `start`, `start` + 1, ... */
function counting(start: number): (into: Uint8Array) => void {
  return (into) => {
    for (let i = 0; i < into.length; i++) into[i] = start + i;
  };
}

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Milliseconds in the first ten characters, computed with bigint to be independent. */
function timeOf(id: string): number {
  let time = 0n;
  for (const character of id.slice(0, 10)) time = time * 32n + BigInt(ALPHABET.indexOf(character));
  return Number(time);
}

Deno.test("UlidSource writes 26 characters of Crockford base 32 that begin with the time", () => {
  const source = new UlidSource(counting(0), () => 1_469_918_176_385);
  const id = source.next();
  assert.match(id, FORMAT);
  // The example of the ULID specification: this time is written 01ARYZ6S41.
  assert.equal(id.slice(0, 10), "01ARYZ6S41");
  assert.equal(id.slice(10), "0123456789ABCDEG");
});

Deno.test("UlidSource.writeInto() touches only its 26 bytes", () => {
  const out = new Uint8Array(40).fill(0x2e);
  new UlidSource(counting(0), () => 0).writeInto(out, 7);
  const text = new TextDecoder().decode(out);
  assert.equal(text.slice(0, 7), ".......");
  assert.match(text.slice(7, 7 + ULID_LENGTH), FORMAT);
  assert.equal(text.slice(7 + ULID_LENGTH), ".......");
});

Deno.test("UlidSource ids grow within a millisecond, across them, and when the clock steps back", () => {
  const times = [5, 5, 5, 6, 6, 3, 3, 4, 7, 1_000_000, 5];
  let step = 0;
  const source = new UlidSource(counting(20), () => times[step++ % times.length] as number);
  let last = "";
  for (let i = 0; i < times.length; i++) {
    const id = source.next();
    assert.ok(id > last, `${id} after ${last}`);
    last = id;
  }
  assert.equal(timeOf(last), 1_000_000);
});

Deno.test("UlidSource gives the time of the clock in whole milliseconds", () => {
  let now = 1_700_000_000_000.9;
  const source = new UlidSource(counting(0), () => now);
  assert.equal(timeOf(source.next()), 1_700_000_000_000);
  now = 2 ** 48 + 5;
  assert.equal(timeOf(source.next()), 2 ** 48 - 1);
});

Deno.test("UlidSource survives a clock that gives no number", () => {
  const source = new UlidSource(counting(0), () => NaN);
  const first = source.next();
  assert.match(first, FORMAT);
  assert.ok(source.next() > first);
});

Deno.test("UlidSource carries over every digit of the counter", () => {
  // 31 in every digit but the first of the counter: the next id carries through seven digits.
  const source = new UlidSource((into) => into.fill(31).fill(3, 8, 9), () => 1);
  assert.equal(source.next().slice(18), "40000000");
  assert.equal(source.next().slice(18), "40000001");
});

Deno.test("UlidSource draws a new random part when the counter is used up, and still grows", () => {
  let draws = 0;
  const source = new UlidSource((into) => into.fill(draws++ === 0 ? 31 : 0), () => 1000);
  const first = source.next();
  const second = source.next();
  assert.equal(draws, 2);
  assert.equal(timeOf(first), 1001);
  assert.equal(first.slice(10), "0".repeat(16));
  assert.ok(second > first);
});

Deno.test("UlidSource ids of two processes differ though clock and count agree", () => {
  const fillRandom = (into: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(into);
  const sources = Array.from({ length: 8 }, () => new UlidSource(fillRandom, () => 42));
  const ids = new Set<string>();
  for (let i = 0; i < 1000; i++) for (const source of sources) ids.add(source.next());
  assert.equal(ids.size, 8000);
});

Deno.test("UlidSource ids of a long run are unique and sorted", () => {
  let now = 0;
  const source = new UlidSource(counting(7), () => now += 0.01);
  let last = "";
  for (let i = 0; i < 50_000; i++) {
    const id = source.next();
    if (id <= last) assert.fail(`${id} after ${last}`);
    last = id;
  }
});
