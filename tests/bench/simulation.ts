// Simulated data planes, one seed after the other: how many, how fast, and what went wrong in which.

import { runSimulation } from "../simulation/plane/simulation.ts";

/** Seeds that are shown in full when something goes wrong. */
const SHOWN = 3;
const LINES = 60;

/** How many runs, and the first seed of them. */
export interface SimulationBenchOptions {
  readonly seeds: number;
  readonly first: number;
}

/** Resolves with the exit code: 1 when something happened that must not. */
export async function runSimulationBench(
  { seeds, first }: SimulationBenchOptions,
): Promise<number> {
  console.log(`${seeds} simulated data planes from seed ${first} on`);
  const begun = performance.now();
  const failed: number[] = [];
  const sums = { requests: 0, answers: 0, completed: 0, steps: 0, milliseconds: 0 };
  for (let seed = first; seed < first + seeds; seed++) {
    const result = await runSimulation(seed);
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += result[key];
    if (result.violations.length === 0) continue;
    failed.push(seed);
    if (failed.length > SHOWN) continue;
    console.log(`\nSOZU_SEED=${seed}\n${result.trace.slice(-LINES).join("\n")}`);
    for (const violation of result.violations) console.log(`must not be: ${violation}`);
  }
  const seconds = (performance.now() - begun) / 1_000;
  const lived = (sums.milliseconds / 3_600_000).toFixed(1);
  console.log(
    `${sums.requests} requests, ${sums.answers} answered, ${sums.completed} completely; ` +
      `${sums.steps} steps; ${lived} hours of theirs in ${seconds.toFixed(1)} s of ours`,
  );
  console.log(failed.length === 0 ? "Nothing went wrong" : `Wrong: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}
