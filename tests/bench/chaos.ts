// `deno task bench chaos`: clients and backends that misbehave for minutes. It measures nothing but that no
// byte of one request turns up in another.

import { runChaos } from "../fuzz/chaos.ts";
import { writeOutput } from "./figures/output.ts";

const AT_ONCE = 48;

/** Runs for so many seconds; the exit code is 0 when nothing was found. */
export async function runChaosBench(options: { seconds: number; seed: number }): Promise<number> {
  const { seconds, seed } = options;
  console.log(`CHAOS_SEED=${seed}, ${seconds} seconds`);
  const { findings, connections, tally } = await runChaos({
    milliseconds: seconds * 1_000,
    least: 0,
    seed,
    atOnce: AT_ONCE,
  });
  for (const [what, count] of [...tally].sort()) console.log(`${what.padEnd(24)} ${count}`);
  for (const finding of findings) console.log(`FOUND ${finding}`);
  const outcome = findings.length === 0 ? "PASS" : "MISS";
  console.log(`${outcome}: ${findings.length} findings in ${connections} connections`);
  const figures = { options, findings, connections, tally: Object.fromEntries(tally) };
  console.log(`Written to ${writeOutput("chaos", figures)}`);
  return findings.length === 0 ? 0 : 1;
}
