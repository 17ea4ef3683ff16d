// `deno task bench [NAME]`: chooses the benchmark.
//
//   deno task bench                  HTTP/1.1 beside nginx and HAProxy (the same as `http`)
//   deno task bench tcp              TCP tunnels beside HAProxy
//   deno task bench memory           resident memory of a worker under load and at rest
//   deno task bench limits           slow clients, and a worker that is full
//   deno task bench changes          traffic while the configuration changes
//   deno task bench churn            listeners, workers and main processes replaced and killed under load;
//                                    --soak: all of it at random (SOAK_SECONDS, SOAK_SEED)
//   deno task bench chaos            clients and backends that misbehave, for CHAOS_SECONDS with CHAOS_SEED
//   deno task bench core             parsing and writing of heads alone
//   deno task bench control          the command socket: pipelined changes, a large state, damaged input
//   deno task bench observability  metrics and access logs on and off, targets that do not read, sums
//   deno task bench tls              HTTPS beside nginx and HAProxy, certificates that change under load
//   deno task bench h2               HTTP/2 beside nginx and HAProxy, what connections cost, peers that mean harm
//   deno task bench report           two tables in Markdown: what proxies cost here, and what they lose while reloaded
//   deno task bench simulation       whole data planes in virtual worlds: SIMULATION_SEEDS of them, from
//                                    SIMULATION_SEED on
//   deno task bench routing          route lookup with few and with many frontends
//
// `churn` takes --phase NAME; `http`, `h2` and `tcp` take --phase NAME and --only NAME, each any
// number of times, and --profile.
// BENCH_SECONDS, BENCH_ROUNDS, BENCH_CHANGES_SECONDS and BENCH_LIMITS_SECONDS change how long everything
// takes.

import { parseArgs } from "node:util";
import type { BenchOptions } from "./figures/comparison.ts";
import { runChangesBench } from "./changes.ts";
import { runChaosBench } from "./chaos.ts";
import { runChurnBench } from "./churn/main.ts";
import { runControlBench } from "./control/main.ts";
import { runH2Bench } from "./h2/main.ts";
import { runHttpBench } from "./http.ts";
import { runLimitsBench } from "./limits.ts";
import { runMemoryBench } from "./memory.ts";
import { runH1CoreBench } from "./h1_core.ts";
import { runObservabilityBench } from "./observability.ts";
import { runReportBench } from "./report/main.ts";
import { runSimulationBench } from "./simulation.ts";
import { runTlsBench } from "./tls/main.ts";
import { runRoutingBench } from "./routing.ts";
import { runTcpBench } from "./tcp.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    phase: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    profile: { type: "boolean", default: false },
    soak: { type: "boolean", default: false },
  },
});

const benches: Readonly<Record<string, () => Promise<number>>> = {
  http: () => runHttpBench(comparisonOptions()),
  tcp: () => runTcpBench(comparisonOptions()),
  memory: runMemoryBench,
  limits: () => runLimitsBench({ seconds: numberFrom("BENCH_LIMITS_SECONDS", 15) }),
  changes: () => runChangesBench({ seconds: numberFrom("BENCH_CHANGES_SECONDS", 60) }),
  churn: () =>
    runChurnBench({
      soakSeconds: values.soak ? numberFrom("SOAK_SECONDS", 600) : null,
      seed: numberFrom("SOAK_SEED", 1 + Math.floor(Math.random() * 0xffff)),
      seconds: numberFrom("BENCH_CHURN_SECONDS", 60),
      ...(values.phase === undefined ? {} : { phases: values.phase }),
    }),
  chaos: () =>
    runChaosBench({
      seconds: numberFrom("CHAOS_SECONDS", 180),
      seed: numberFrom("CHAOS_SEED", 1 + Math.floor(Math.random() * 0xffff)),
    }),
  simulation: () =>
    runSimulationBench({
      seeds: numberFrom("SIMULATION_SEEDS", 1_000),
      first: numberFrom("SIMULATION_SEED", 1 + Math.floor(Math.random() * 0xffffff)),
    }),
  core: async () => Number(await runH1CoreBench() ?? 0),
  control: () => runControlBench({ seconds: numberFrom("BENCH_SECONDS", 60) }),
  observability: () =>
    runObservabilityBench({
      seconds: numberFrom("BENCH_SECONDS", 5),
      rounds: numberFrom("BENCH_ROUNDS", 3),
    }),
  tls: () => runTlsBench(comparisonOptions()),
  h2: () => runH2Bench(comparisonOptions()),
  report: () => runReportBench(comparisonOptions()),
  routing: () => Promise.resolve(runRoutingBench()),
};

const name = positionals[0] ?? "http";
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  console.error(`No benchmark "${name}": there are ${Object.keys(benches).join(", ")}`);
  Deno.exit(2);
}
Deno.exit(await bench());

/** Many short rounds: what else the machine does meets a few of them, and the middle one counts. */
function comparisonOptions(): BenchOptions {
  return {
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(values.phase === undefined ? {} : { phases: values.phase }),
    seconds: numberFrom("BENCH_SECONDS", 2),
    rounds: numberFrom("BENCH_ROUNDS", 9),
    profile: values.profile,
  };
}

function numberFrom(variable: string, otherwise: number): number {
  const value = Number(Deno.env.get(variable) ?? otherwise);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`${variable} must be a whole number above 0`);
  Deno.exit(2);
}
