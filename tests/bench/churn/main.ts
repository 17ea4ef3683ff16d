// `deno task bench churn`: what a proxy that stays up promises, proven by counting. Listeners, workers and
// main processes are replaced and killed under load; requests that fail and tunnels that are cut count.

import { formatTable } from "../figures/report.ts";
import { brokenPrograms } from "./broken.ts";
import { type Finding, finding } from "./finding.ts";
import { killMain, killWorker } from "./kills.ts";
import { soak } from "./soak.ts";
import { swapListeners } from "./swaps.ts";
import { upgradeUnderLoad } from "./upgrades.ts";
import { writeOutput } from "../figures/output.ts";
import { findTools } from "../load/tools.ts";

const SWAPS = 1_000;
/** Enough to see what steering is worth. */
const PLAIN_SWAPS = 200;
const LEAST_PER_SECOND = 5_000;

/** What to run. */
export interface ChurnOptions {
  /** Everything at random for this long, instead of the phases; `null` for the phases. */
  readonly soakSeconds: number | null;
  /** Seed of the soak. */
  readonly seed: number;
  /** Seconds of the mixed load under which everything is upgraded. */
  readonly seconds: number;
  /** Names of phases; all when absent. */
  readonly phases?: readonly string[];
}

/** Runs the benchmark; the exit code is 0 when every bar is met. */
export async function runChurnBench(options: ChurnOptions): Promise<number> {
  const findings: Finding[] = [];
  const show = (added: readonly Finding[]) => {
    findings.push(...added);
    for (const line of formatTable(added.map(rowOf))) console.log(line);
  };
  if (options.soakSeconds !== null) show(await soak(options.soakSeconds, options.seed));
  else {
    for (const [name, run] of phases(options)) {
      if (options.phases === undefined || options.phases.includes(name)) show(await run());
    }
  }
  console.log(`Written to ${writeOutput("churn", { options, findings })}`);
  return findings.every(({ passed }) => passed) ? 0 : 1;
}

function phases(options: ChurnOptions): [string, () => Promise<Finding[]>][] {
  return [
    ["swaps", swaps],
    ["upgrades", () => upgradeUnderLoad(options.seconds)],
    ["kills", async () => [...await killWorker(), ...await killMain()]],
    ["broken", brokenPrograms],
  ];
}

async function swaps(): Promise<Finding[]> {
  const found = await findTools(["wrk", "nginx"]);
  const [wrk, nginx] = [found.get("wrk"), found.get("nginx")];
  if (wrk === undefined || nginx === undefined) {
    return [finding("Listener swaps", "NOT MEASURED: wrk or nginx is missing", "0 lost", false)];
  }
  const steered = await swapListeners({ wrk, nginx }, SWAPS, true);
  const plain = await swapListeners({ wrk, nginx }, PLAIN_SWAPS, false);
  const rate = Math.round(steered.perSecond);
  const text = ({ lost, swaps, connections }: typeof steered) =>
    `${lost} lost of ${connections} connections in ${swaps} swaps`;
  return [
    finding("Listener swaps, steered", text(steered), "0 lost", steered.lost === 0),
    finding("Swaps done", String(steered.swaps), `${SWAPS}`, steered.swaps >= SWAPS),
    finding(
      "New connections a second",
      String(rate),
      `>= ${LEAST_PER_SECOND}`,
      rate >= LEAST_PER_SECOND,
    ),
    finding("Listener swaps without steering", text(plain), "none", true),
  ];
}

function rowOf({ what, value, bar, passed }: Finding): string[] {
  return [what, value, passed ? "PASS" : "MISS", `(bar: ${bar})`];
}
