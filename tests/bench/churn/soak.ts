// Everything at random for a long time: upgrades, kills, changes. What leaks shows in processes,
// descriptors and memory of all processes together.

import { addBackend, removeBackend } from "../../support/config/commands.ts";
import { residentBytes } from "../../support/process/proc.ts";
import { seededRandom } from "../../support/seeded_random.ts";
import { type SozuProcess, waitFor } from "../../support/process/sozu_process.ts";
import { SteadyLoad } from "../../support/http/steady_load.ts";
import { pause } from "../../support/wait.ts";
import { type Finding, finding, noFailures } from "./finding.ts";
import { connectionsOf } from "./kills.ts";
import { Scene } from "./traffic.ts";
import { type Done, upgradeMain, upgradeWorker } from "./upgrades.ts";

/** Growth over the run that is no leak: measurements of processes of different age scatter. */
const GROWTH_BAR = 1.25;
const SETTLE_MS = 1_500;
/** Clients that open a connection for each request. */
const SINGLE = 4;

interface Sample {
  readonly seconds: number;
  readonly processes: number;
  readonly descriptors: number;
  readonly mebibytes: number;
}

/** Runs for `seconds`; the same seed takes the same steps. */
export async function soak(seconds: number, seed: number): Promise<Finding[]> {
  console.log(`Seed ${seed} (SOAK_SEED), ${seconds} s (SOAK_SECONDS)`);
  await using scene = await Scene.start();
  const random = seededRandom(seed);
  const load = new SteadyLoad({
    port: scene.port,
    host: "app.test",
    single: SINGLE,
    kept: 8,
    pauseMs: 2,
  });
  const done: Done = { main: 0, worker: 0 };
  const refused: string[] = [];
  const samples: Sample[] = [];
  const calm: string[] = [];
  let kills = 0;
  let killed = 0;
  let atRisk = 0;
  let overRisk = 0;
  let changes = 0;
  const began = performance.now();
  try {
    await waitFor("traffic", () => load.answered > 100);
    while (performance.now() - began < seconds * 1_000) {
      const step = random();
      const failedBefore = load.failures.length;
      let connections = 0;
      if (step < 0.3) await upgradeWorker(scene, done, refused);
      else if (step < 0.45) await upgradeMain(scene, done, refused);
      else if (step < 0.6) {
        connections = await killOne(scene.sozu, random);
        kills++;
      } else {
        await change(scene.sozu, random);
        changes++;
      }
      await pause(SETTLE_MS);
      const failed = load.failures.slice(failedBefore);
      if (connections === 0) calm.push(...failed);
      else {
        killed += failed.length;
        atRisk += connections;
        if (failed.length > connections) overRisk++;
      }
      samples.push(sampleOf(scene.sozu, (performance.now() - began) / 1_000));
    }
  } finally {
    await load.stop();
  }
  const counts = `${done.main} main and ${done.worker} worker upgrades, ${kills} kills, ` +
    `${changes} changes`;
  return [
    finding(
      `Soak of ${seconds} s, seed ${seed}`,
      `${killed} failed of ${load.answered} requests (${counts})`,
      `<= ${atRisk} on killed workers, at no kill more than on that worker`,
      killed <= atRisk && overRisk === 0,
    ),
    noFailures("While upgrading and changing", calm, `${load.answered} requests`),
    noFailures("Upgrades refused", refused, `${done.main + done.worker + refused.length}`),
    slope("Processes", samples, ({ processes }) => processes),
    slope("Descriptors", samples, ({ descriptors }) => descriptors),
    slope("Memory, MiB", samples, ({ mebibytes }) => mebibytes),
  ];
}

async function killOne(sozu: SozuProcess, random: () => number): Promise<number> {
  const running = await sozu.runningWorkers();
  const victim = running[Math.floor(random() * running.length)];
  if (victim === undefined) return 0;
  const atRisk = (await connectionsOf(sozu)).get(victim.id) ?? 0;
  Deno.kill(victim.pid, "SIGKILL");
  await waitFor("the replacement", async () => {
    const now = await sozu.runningWorkers();
    return now.length === running.length && now.every(({ id }) => id !== victim.id);
  });
  // Clients that come and go may have come since they were counted, also into the queue of its socket.
  return atRisk + SINGLE;
}

/** A backend of a cluster nobody asks for comes and goes. */
async function change(sozu: SozuProcess, random: () => number): Promise<void> {
  const id = `extra-${Math.floor(random() * 1e6)}`;
  for (
    const request of [
      addBackend("other", id, "127.0.0.1:9"),
      removeBackend("other", id, "127.0.0.1:9"),
    ]
  ) {
    if (request.request_type !== null) await sozu.expectOk(request.request_type);
  }
}

function sampleOf(sozu: SozuProcess, seconds: number): Sample {
  const pids = sozu.processes();
  let descriptors = 0;
  let bytes = 0;
  for (const pid of pids) {
    try {
      descriptors += [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
      bytes += residentBytes(pid);
    } catch {
      // It has just ended.
    }
  }
  return { seconds, processes: pids.length, descriptors, mebibytes: bytes / 2 ** 20 };
}

/** The line through the samples, judged by how much it rises over the run beside its level. */
function slope(
  what: string,
  samples: readonly Sample[],
  value: (sample: Sample) => number,
): Finding {
  const count = samples.length;
  const meanX = samples.reduce((sum, { seconds }) => sum + seconds, 0) / count;
  const meanY = samples.reduce((sum, sample) => sum + value(sample), 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const sample of samples) {
    covariance += (sample.seconds - meanX) * (value(sample) - meanY);
    variance += (sample.seconds - meanX) ** 2;
  }
  const perMinute = variance === 0 ? 0 : covariance / variance * 60;
  const span = (samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0);
  const growth = 1 + perMinute / 60 * span / Math.max(meanY, 1);
  return finding(
    what,
    `${perMinute.toFixed(2)} a minute at ${meanY.toFixed(0)}, growth ${growth.toFixed(3)}`,
    `<= ${GROWTH_BAR}`,
    growth <= GROWTH_BAR,
  );
}
