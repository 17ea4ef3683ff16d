// The same bytes arriving in every way a socket may deliver them: whole, byte by byte, cut at random
// places, and followed by bytes of something else. A parser's result must not depend on the cutting.

import { seededRandom } from "./seeded_random.ts";

/** One way in which the same bytes can arrive. */
export interface Delivery {
  /** For failure messages: "byte by byte", "split by seed 3", ... */
  readonly how: string;
  /** What each read returns, in order; fresh copies that the parser may keep or overwrite. */
  readonly chunks: Uint8Array[];
  /** How many bytes at the end of the last chunk do not belong to the message. */
  readonly trailing: number;
}

/** What {@link deliveries} makes. */
export interface DeliveryOptions {
  /** How many random cuttings; 8 unless told. The seeds are 1, 2, 3, ... */
  readonly randomSplits?: number;
  /** Bytes appended in the "with trailing bytes" deliveries; empty = none of these. */
  readonly trailing?: Uint8Array;
}

/** Every way in which `bytes` may arrive. */
export function deliveries(
  bytes: Uint8Array,
  { randomSplits = 8, trailing = new Uint8Array(0) }: DeliveryOptions = {},
): Delivery[] {
  const all: Delivery[] = [
    { how: "whole", chunks: [bytes.slice()], trailing: 0 },
    { how: "byte by byte", chunks: cut(bytes, () => 1), trailing: 0 },
  ];
  for (let seed = 1; seed <= randomSplits; seed++) {
    all.push({ how: `split by seed ${seed}`, chunks: splitRandomly(bytes, seed), trailing: 0 });
  }
  if (trailing.length > 0) all.push(...withTrailing(bytes, trailing));
  return all;
}

/** Runs `check` once for each delivery; a failure names the delivery it happened in. */
export function forEachDelivery(
  bytes: Uint8Array,
  check: (delivery: Delivery) => void,
  options: DeliveryOptions = {},
): void {
  for (const delivery of deliveries(bytes, options)) {
    try {
      check(delivery);
    } catch (error) {
      if (error instanceof Error) error.message = `[fed ${delivery.how}] ${error.message}`;
      throw error;
    }
  }
}

/** `bytes` cut into pieces of 1 to 1/3 of its length; equal seeds cut alike. */
export function splitRandomly(bytes: Uint8Array, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  const longest = Math.max(1, Math.floor(bytes.length / 3));
  return cut(bytes, () => 1 + Math.floor(random() * longest));
}

function cut(bytes: Uint8Array, nextLength: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + nextLength());
    chunks.push(bytes.slice(start, end));
    start = end;
  }
  return chunks;
}

function withTrailing(bytes: Uint8Array, trailing: Uint8Array): Delivery[] {
  const joined = new Uint8Array(bytes.length + trailing.length);
  joined.set(bytes);
  joined.set(trailing, bytes.length);
  const lastByteAndMore = [bytes.slice(0, -1), joined.slice(Math.max(0, bytes.length - 1))];
  return [
    { how: "whole, with trailing bytes", chunks: [joined], trailing: trailing.length },
    {
      how: "last byte together with trailing bytes",
      chunks: lastByteAndMore.filter((chunk) => chunk.length > 0),
      trailing: trailing.length,
    },
  ];
}
