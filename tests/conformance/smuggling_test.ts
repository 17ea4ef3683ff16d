import assert from "node:assert/strict";
import { guardedBytes } from "../support/guarded_bytes.ts";
import { latin1Bytes } from "../support/h1_reading.ts";
import { type Relayed, relayRequest } from "../support/h1_relay.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { assertCanonicalBody, assertUnambiguous } from "./forwarded_request.ts";
import { LARGEST_HEAD, SMUGGLING_CORPUS, type SmugglingCase } from "./smuggling_corpus.ts";

const OPTIONS = { largestHead: LARGEST_HEAD };

function relayWhole({ raw }: SmugglingCase): Relayed {
  return relayRequest(latin1Bytes(raw), [raw.length], OPTIONS);
}

function byteWise(length: number): number[] {
  return Array.from({ length }, (_, i) => i + 1);
}

function randomly(length: number, seed: number): number[] {
  const random = seededRandom(seed);
  const ends = new Set<number>([length]);
  for (let i = 0; i < 6; i++) ends.add(1 + Math.floor(random() * length));
  return [...ends].sort((a, b) => a - b);
}

function assertVerdict(row: SmugglingCase, relayed: Relayed): void {
  assert.equal(relayed.status, row.status, `problem ${relayed.problem}`);
  if (row.status === 0) assert.equal(row.raw.slice(relayed.consumed), row.rest);
}

Deno.test("the smuggling corpus is large, and its names tell its cases apart", () => {
  assert.ok(SMUGGLING_CORPUS.length >= 150);
  assert.equal(new Set(SMUGGLING_CORPUS.map(({ name }) => name)).size, SMUGGLING_CORPUS.length);
});

for (const row of SMUGGLING_CORPUS) {
  const verdict = row.status === 0 ? "is accepted" : `is answered ${row.status}`;
  Deno.test(`smuggling: ${row.name} ${verdict}`, () => assertVerdict(row, relayWhole(row)));
}

Deno.test("smuggling: no verdict depends on how the bytes arrive", () => {
  for (const row of SMUGGLING_CORPUS) {
    const bytes = latin1Bytes(row.raw);
    const expected = relayWhole(row);
    const plans = [byteWise(bytes.length)];
    for (let seed = 1; seed <= 8; seed++) plans.push(randomly(bytes.length, seed));
    for (const ends of plans) {
      assert.deepEqual(relayRequest(bytes, ends, OPTIONS), expected, row.name);
    }
  }
});

Deno.test("smuggling: what is forwarded of an accepted request can be read in one way only", () => {
  const accepted = SMUGGLING_CORPUS.filter(({ status }) => status === 0);
  assert.ok(accepted.length > 30);
  for (const row of accepted) {
    const relayed = relayWhole(row);
    try {
      assertUnambiguous(relayed);
      assertCanonicalBody(relayed);
      assert.ok(!relayed.forwarded.includes("/hidden"), "the next request stays behind");
    } catch (error) {
      if (error instanceof Error) error.message = `[${row.name}] ${error.message}`;
      throw error;
    }
  }
});

Deno.test("smuggling: a refused head is never forwarded", () => {
  for (const row of SMUGGLING_CORPUS) {
    const relayed = relayWhole(row);
    const bodyRefused = row.name.startsWith("chunks: ");
    if (row.status !== 0 && !bodyRefused) assert.equal(relayed.forwarded, "", row.name);
  }
});

Deno.test("smuggling: no case makes the core look at a byte that has not arrived", () => {
  for (const row of SMUGGLING_CORPUS.filter(({ raw }) => raw.length < 2000)) {
    const bytes = latin1Bytes(row.raw);
    const expected = relayWhole(row);
    for (const plan of [[bytes.length], byteWise(bytes.length), randomly(bytes.length, 1)]) {
      let arrived = 0;
      // Growing one step at a time: whoever asks for the end of a step has all bytes before it.
      const ends = new Proxy(plan, {
        get(target, key) {
          const value = Reflect.get(target, key, target);
          if (typeof value === "number" && key !== "length") arrived = value;
          return value;
        },
      });
      const guarded = guardedBytes(bytes, 0, () => arrived);
      assert.deepEqual(relayRequest(guarded, ends, OPTIONS), expected, row.name);
    }
  }
});
