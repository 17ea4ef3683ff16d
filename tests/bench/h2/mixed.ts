// Small requests beside a bulk one on the same connection: how long they wait, compared with being alone on it.

import type { Running } from "../contenders/arena.ts";
import { SOZU } from "../contenders/sozu_proxy.ts";
import { median, rotated } from "../figures/statistics.ts";
import { type Figure, figure } from "./figure.ts";

const BAR = 3;

/** What a thread is asked for. */
export interface MixedOrder {
  readonly port: number;
  readonly seconds: number;
  readonly bulk: boolean;
}

/** Waits of the small requests, in milliseconds, and what came besides. */
export interface MixedResult {
  readonly waits: readonly number[];
  readonly bulkBytes: number;
}

/** Middle over the rounds of each contender's 99th percentile, beside and alone. */
export async function mixedFigures(
  running: readonly Running[],
  { seconds, rounds }: { readonly seconds: number; readonly rounds: number },
): Promise<Figure[]> {
  const p99 = new Map(running.map(({ name }) => [name, { alone: [], beside: [] } as Waits]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, port } of rotated(running, round)) {
      for (const bulk of [false, true]) {
        const { waits, bulkBytes } = await inThread({ port, seconds, bulk });
        if (bulk && bulkBytes === 0) throw new Error(`${name} sent no bulk`);
        p99.get(name)?.[bulk ? "beside" : "alone"].push(percentile99(waits));
      }
    }
  }
  return [...p99].flatMap(([name, { alone, beside }]) => {
    const ratios = beside.map((value, round) => value / (alone[round] ?? Number.NaN));
    return [
      figure(`mixed: ${name}, p99 of small requests alone`, median(alone), "ms", null),
      figure(`mixed: ${name}, p99 beside a bulk stream`, median(beside), "ms", null),
      figure(
        `mixed: ${name}, beside / alone`,
        median(ratios),
        "",
        name === SOZU ? BAR : null,
      ),
    ];
  });
}

interface Waits {
  readonly alone: number[];
  readonly beside: number[];
}

function percentile99(waits: readonly number[]): number {
  const sorted = [...waits].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

/** The client has a thread of its own, so that nothing else holds it up. */
async function inThread(order: MixedOrder): Promise<MixedResult> {
  const thread = new Worker(new URL("mixed_thread.ts", import.meta.url), { type: "module" });
  const done = Promise.withResolvers<MixedResult>();
  thread.onmessage = ({ data }) => done.resolve(data);
  thread.onerror = ({ message }) => done.reject(new Error(message));
  try {
    thread.postMessage(order);
    return await done.promise;
  } finally {
    thread.terminate();
  }
}
