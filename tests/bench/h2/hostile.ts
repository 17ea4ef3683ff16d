// How long a well-behaved client of HTTP/2 waits while others mean harm, one attack after the other.

import { startAttack } from "../../support/h2/hostile/attacker.ts";
import { ATTACKS } from "../../support/h2/hostile/attacks.ts";
import type { Lab } from "../../support/process/lab.ts";
import { pause } from "../../support/wait.ts";
import { startContender } from "../contenders/arena.ts";
import { sozuProxy } from "../contenders/sozu_proxy.ts";
import { probe } from "../load/latency_probe.ts";
import { workerMemory } from "../memory.ts";
import { type Figure, figure } from "./figure.ts";

const CONNECTIONS = 4;
const BAR_MS = 50;
/** Between two attacks. */
const REST_MS = 500;

/** Worst of the 99th percentiles on a kept and on fresh connections, and memory, for each attack. */
export async function hostileFigures(
  lab: Lab,
  backendPort: number,
  seconds: number,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const sozu = await startContender(lab, sozuProxy(), backendPort, undefined, true);
  await probe(sozu.port, 1, ["kept", "fresh"]);
  for (const name of Object.keys(ATTACKS)) {
    const before = workerMemory(sozu);
    const attack = await startAttack({ name, port: sozu.port, connections: CONNECTIONS });
    const results = await probe(sozu.port, seconds, ["kept", "fresh"]);
    const grown = (workerMemory(sozu) - before) / 1024 / 1024;
    await attack.stop();
    const failed = results.reduce((sum, each) => sum + each.failed, 0);
    const p99 = Math.max(...results.map((each) => each.p99));
    figures.push(figure(`hostile: ${name}, p99 of another client`, p99, "ms", BAR_MS));
    if (failed > 0) figures.push(figure(`hostile: ${name}, failed`, failed, "requests", 0));
    figures.push(figure(`hostile: ${name}, memory grew by`, grown, "MiB", null));
    await pause(REST_MS);
  }
  await sozu.process.stop();
  return figures;
}
