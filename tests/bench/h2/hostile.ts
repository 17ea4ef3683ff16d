// How long a well-behaved client of HTTP/2 waits while others mean harm, one attack after the other.

import { startAttack } from "../../support/h2/hostile/attacker.ts";
import { ATTACKS } from "../../support/h2/hostile/attacks.ts";
import { processTree, residentBytes } from "../../support/process/proc.ts";
import { pause } from "../../support/wait.ts";
import type { Running } from "../contenders/arena.ts";
import { SOZU } from "../contenders/sozu_proxy.ts";
import { median, rotated } from "../figures/statistics.ts";
import { probe } from "../load/latency_probe.ts";
import { type Figure, figure } from "./figure.ts";

const CONNECTIONS = 4;
const BAR_MS = 50;
/** Between two attacks. */
const REST_MS = 500;

/** More rounds than this tell nothing new. */
const ROUNDS = 3;

/**
 * For each attack and each of `running`, in the middle of some rounds: the worse of the 99th percentiles on a kept and
 * on fresh connections, less what the one who looks was held up himself. Then what failed, and memory.
 */
export async function hostileFigures(
  running: readonly Running[],
  { seconds, rounds }: { readonly seconds: number; readonly rounds: number },
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { port } of running) await probe(port, 1, ["kept", "fresh"]);
  for (const name of Object.keys(ATTACKS)) {
    const seen = new Map(running.map((each) => [each.name, [] as Seen[]]));
    for (let round = 0; round < Math.min(rounds, ROUNDS); round++) {
      for (const each of rotated(running, round)) {
        seen.get(each.name)?.push(await look(each, name, seconds));
        await pause(REST_MS);
      }
    }
    for (const [proxy, rows] of seen) {
      const mid = (of: (row: Seen) => number) => median(rows.map(of));
      const bar = proxy === SOZU ? BAR_MS : null;
      const title = `hostile: ${name}, ${proxy}`;
      figures.push(figure(`${title}: p99 of others`, mid(({ p99 }) => p99), "ms", bar));
      const failed = rows.reduce((sum, row) => sum + row.failed, 0);
      if (failed > 0) figures.push(figure(`${title}: failed`, failed, "requests", 0));
      if (proxy === SOZU) figures.push(figure(`${title}: memory`, mid((r) => r.mib), "MiB", null));
    }
  }
  return figures;
}

interface Seen {
  readonly p99: number;
  readonly failed: number;
  readonly mib: number;
}

async function look({ port, process }: Running, name: string, seconds: number): Promise<Seen> {
  const memory = () =>
    Math.max(...processTree(process.pid).map(({ pid }) => residentBytes(pid))) / 2 ** 20;
  const before = memory();
  const attack = await startAttack({ name, port, connections: CONNECTIONS });
  const results = await probe(port, seconds, ["kept", "fresh"]);
  const mib = memory() - before;
  await attack.stop();
  return {
    p99: Math.max(...results.map((each) => each.p99OfProxy)),
    failed: results.reduce((sum, each) => sum + each.failed, 0),
    mib,
  };
}
