// `deno task bench changes`: full traffic while backends and frontends come and go. No request that
// the configuration allows may fail, and a change that was confirmed must be in force.

import { connect } from "../../src/client/mod.ts";
import { ResponseStatus } from "../../config/schema/messages.ts";
import {
  addBackend,
  addHttpFrontend,
  removeBackend,
  removeHttpFrontend,
} from "../support/config/commands.ts";
import { freePorts } from "../support/ports.ts";
import { get } from "../support/http/raw_client.ts";
import { pause } from "../support/wait.ts";
import { type Running, startBackend, startContender } from "./contenders/arena.ts";
import { Lab } from "../support/process/lab.ts";
import { writeOutput } from "./figures/output.ts";
import { SOZU, sozuProxy } from "./contenders/sozu_proxy.ts";
import { findTools } from "./load/tools.ts";
import { type LoadResult, runWrk } from "./load/wrk.ts";

/** Changes of each kind a second. */
const CHANGES_PER_SECOND = 20;
const TURN_MS = 1_000 / CHANGES_PER_SECOND;

/** Seconds of traffic without changes, for comparison. */
const QUIET_SECONDS = 5;

const COMMAND_TIMEOUT_MS = 10_000;

/** What the changing side counted. */
interface Changes {
  commands: number;
  refused: number;
  /** Requests to a frontend just confirmed that were not answered 200. */
  missed: number;
  /** Requests to a frontend just removed that were not answered 404. */
  stale: number;
  slowestMs: number;
}

/** Runs the benchmark; the exit code is 0 when nothing failed. */
export async function runChangesBench({ seconds }: { seconds: number }): Promise<number> {
  const tools = await findTools(["nginx", "wrk"]);
  const nginx = tools.get("nginx");
  const wrk = tools.get("wrk");
  if (nginx === undefined || wrk === undefined) return 1;
  await using lab = new Lab();
  const [backendPort, otherPort] = freePorts(2) as [number, number];
  await startBackend(lab, nginx, [backendPort, otherPort]);
  const sozu = await startContender(lab, sozuProxy({ workers: 2 }), backendPort);

  const quiet = await traffic(lab, wrk, sozu, QUIET_SECONDS);
  const over = new AbortController();
  const changing = keepChanging(lab, sozu, otherPort, over.signal);
  const busy = await traffic(lab, wrk, sozu, seconds);
  over.abort();
  const changes = await changing;
  return report(seconds, quiet, busy, changes);
}

/** Keep-alive and one-shot clients at the same time; their counters in this order. */
function traffic(lab: Lab, wrk: string, sozu: Running, seconds: number): Promise<LoadResult[]> {
  const load = (name: string, connections: number, closing: boolean) =>
    runWrk(wrk, lab.path(`${name}.lua`), {
      port: sozu.port,
      path: "/",
      connections,
      closing,
      seconds,
    });
  return Promise.all([load("kept", 16, false), load("closing", 4, true)]);
}

async function keepChanging(
  lab: Lab,
  sozu: Running,
  otherPort: number,
  over: AbortSignal,
): Promise<Changes> {
  using client = await connect(lab.path(`${SOZU}.sock`), { timeoutMs: COMMAND_TIMEOUT_MS });
  const seen: Changes = { commands: 0, refused: 0, missed: 0, stale: 0, slowestMs: 0 };
  const send = async (request: Parameters<typeof client.send>[0]) => {
    const start = performance.now();
    const { status } = await client.send(request);
    seen.commands++;
    if (status !== ResponseStatus.OK) seen.refused++;
    seen.slowestMs = Math.max(seen.slowestMs, performance.now() - start);
  };
  const backend = ["bench", "bench-other", `127.0.0.1:${otherPort}`] as const;
  const started = performance.now();
  for (let turn = 0; !over.aborted; turn++) {
    const hostname = `host-${turn % 1_000}.example.test`;
    const place = { clusterId: "bench", address: `127.0.0.1:${sozu.port}`, hostname };
    await Promise.all([send(addBackend(...backend)), send(addHttpFrontend(place))]);
    if ((await get(sozu.port, hostname)).status !== 200) seen.missed++;
    await Promise.all([send(removeHttpFrontend(place)), send(removeBackend(...backend))]);
    if ((await get(sozu.port, hostname)).status !== 404) seen.stale++;
    // A turn that took long is made up for by the next ones.
    await pause(Math.max(0, started + (turn + 1) * TURN_MS - performance.now()));
  }
  return seen;
}

function report(
  seconds: number,
  quiet: readonly LoadResult[],
  busy: readonly LoadResult[],
  changes: Changes,
): number {
  const sum = (of: (result: LoadResult) => number) =>
    busy.reduce((total, result) => total + of(result), 0);
  const failed = sum(({ errors }) => errors) + changes.missed + changes.stale;
  const perSecond = changes.commands / 4 / seconds;
  const p99 = (results: readonly LoadResult[]) => ((results[0]?.p99 ?? 0) / 1_000).toFixed(2);
  const fastEnough = perSecond >= CHANGES_PER_SECOND * 0.9;
  const verdict = (passed: boolean) => passed ? "PASS" : "MISS";
  const clean = failed === 0 && changes.refused === 0;
  console.log(`Seconds of traffic:          ${seconds}`);
  console.log(`Requests:                    ${sum(({ requests }) => requests)}`);
  console.log(
    `Changes a second, each kind: ${perSecond.toFixed(1)}  ${verdict(fastEnough)} ` +
      `(bar: ${CHANGES_PER_SECOND}, 10 % tolerated)`,
  );
  console.log(`Commands sent, refused:      ${changes.commands}, ${changes.refused}`);
  console.log(`Slowest command:             ${changes.slowestMs.toFixed(0)} ms`);
  console.log(`p99 without, with changes:   ${p99(quiet)} ms, ${p99(busy)} ms`);
  console.log(`Frontends late, stale:       ${changes.missed}, ${changes.stale}`);
  console.log(
    `Failed requests:             ${failed}  ${verdict(clean)} (bar: 0, and none refused)`,
  );
  console.log(`Written to ${writeOutput("changes", { seconds, failed, changes, quiet, busy })}`);
  return clean && fastEnough ? 0 : 1;
}
