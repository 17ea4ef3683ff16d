// Proxies that are reloaded, or upgraded, while the same clients ask: what they lose.

import { ResponseStatus } from "../../../config/schema/messages.ts";
import { SteadyLoad } from "../../support/http/steady_load.ts";
import type { Lab } from "../../support/process/lab.ts";
import { processTree } from "../../support/process/proc.ts";
import { TestClient } from "../../support/process/sozu_process.ts";
import { pause, waitFor } from "../../support/wait.ts";
import { type Running, startContender } from "../contenders/arena.ts";
import { type Contender, HOST } from "../contenders/contender.ts";
import { haproxyProxy } from "../contenders/haproxy_proxy.ts";
import { nginxProxy } from "../contenders/nginx_proxy.ts";
import { SOZU, sozuProxy } from "../contenders/sozu_proxy.ts";
import type { ReloadResult } from "./tables.ts";

const RELOADS = 6;
/** Longest wait for one reload to be over. */
const PATIENCE_MS = 30_000;

/** A proxy and how its operators replace it. */
interface Way {
  readonly contender: Contender;
  readonly how: string;
  /** Resolves when what is new serves. */
  reload(running: Running, lab: Lab, round: number): Promise<void>;
}

/** What each proxy loses in some reloads, `seconds` apart. */
export async function reloadResults(
  lab: Lab,
  programs: { readonly nginx: string; readonly haproxy: string },
  backendPort: number,
  seconds: number,
): Promise<ReloadResult[]> {
  const results: ReloadResult[] = [];
  for (const way of waysOf(programs)) {
    const running = await startContender(lab, way.contender, backendPort);
    results.push(await underLoad(way, running, lab, seconds));
    await running.process.stop();
  }
  return results;
}

function waysOf({ nginx, haproxy }: { readonly nginx: string; readonly haproxy: string }): Way[] {
  return [
    {
      contender: nginxProxy(nginx),
      how: "HUP",
      reload: ({ process }) => renewWorkers(process.pid, "SIGHUP"),
    },
    {
      contender: haproxyProxy(haproxy, { masterWorker: true }),
      how: "USR2 to the master",
      reload: ({ process }) => renewWorkers(process.pid, "SIGUSR2"),
    },
    { contender: sozuProxy(), how: "`upgrade` of workers and of main", reload: upgrade },
  ];
}

async function underLoad(
  way: Way,
  running: Running,
  lab: Lab,
  seconds: number,
): Promise<ReloadResult> {
  const load = new SteadyLoad({ port: running.port, host: HOST, single: 4, kept: 4 });
  try {
    await waitFor("traffic", () => load.answered > 100, { deadlineMs: PATIENCE_MS });
    for (let round = 0; round < RELOADS; round++) {
      await pause(seconds * 1_000);
      await way.reload(running, lab, round);
    }
    await pause(seconds * 1_000);
  } finally {
    await load.stop();
  }
  return {
    proxy: way.contender.name,
    how: way.how,
    reloads: RELOADS,
    requests: load.answered + load.failures.length,
    failures: load.failures.length,
    reason: mostFrequent(load.failures),
  };
}

/** Signals a master and waits until a worker runs that was not there before. */
async function renewWorkers(master: number, signal: Deno.Signal): Promise<void> {
  const before = new Set(processTree(master).map(({ pid }) => pid));
  Deno.kill(master, signal);
  await waitFor(
    "a new worker",
    () => processTree(master).some(({ pid }) => !before.has(pid)),
    { deadlineMs: PATIENCE_MS, everyMs: 20 },
  );
}

/** Workers and main in turn. */
async function upgrade(_: Running, lab: Lab, round: number): Promise<void> {
  using client = await TestClient.connect(lab.path(`${SOZU}.sock`));
  if (round % 2 === 1) {
    const { status, message } = await client.request({ kind: "upgrade_main", value: {} });
    if (status !== ResponseStatus.OK) throw new Error(`upgrade of main: ${message}`);
    return;
  }
  const { content } = await client.request({ kind: "list_workers", value: {} });
  const type = content?.content_type;
  const workers = type?.kind === "workers" ? type.value.vec : [];
  // The last one is the newest, and the only one that runs.
  const id = Math.max(...workers.map((worker) => worker.id));
  const { status, message } = await client.request({ kind: "upgrade_worker", value: id });
  if (status !== ResponseStatus.OK) throw new Error(`upgrade of worker ${id}: ${message}`);
}

/** The text that occurs most often, shortened. */
function mostFrequent(texts: readonly string[]): string {
  const counts = Map.groupBy(texts, (text) => text.split(/[;\n]/)[0] ?? "");
  const [first] = [...counts].sort(([, a], [, b]) => b.length - a.length);
  return first === undefined ? "" : first[0].slice(0, 80);
}
