// Main processes and workers are upgraded one after the other, as fast as they come up, while the mixed
// load goes on.

import { ResponseStatus } from "../../../config/schema/messages.ts";
import { waitFor } from "../../support/process/sozu_process.ts";
import { type Finding, finding, noFailures } from "./finding.ts";
import { MixedLoad, Scene, TUNNELS, WEBSOCKETS } from "./traffic.ts";

const MAIN_UPGRADES = 20;
const WORKER_UPGRADES = 40;

/** Upgrades for `seconds`; what failed meanwhile. */
export async function upgradeUnderLoad(seconds: number): Promise<Finding[]> {
  await using scene = await Scene.start();
  const load = new MixedLoad(scene);
  const done = { main: 0, worker: 0 };
  const refused: string[] = [];
  let spent = 0;
  try {
    await waitFor("traffic", () => load.requests.answered > 100);
    const began = performance.now();
    const isOver = () =>
      performance.now() - began >= seconds * 1_000 ||
      (done.main >= MAIN_UPGRADES && done.worker >= WORKER_UPGRADES);
    while (!isOver()) {
      for (let i = 0; i < 2 && !isOver(); i++) await upgradeWorker(scene, done, refused);
      if (!isOver()) await upgradeMain(scene, done, refused);
    }
    spent = (performance.now() - began) / 1_000;
  } finally {
    await load.stop();
  }
  const enough = done.main >= MAIN_UPGRADES && done.worker >= WORKER_UPGRADES;
  return [
    finding(
      `Upgrades in ${spent.toFixed(0)} s`,
      `${done.main} of main, ${done.worker} of workers`,
      `${MAIN_UPGRADES} and ${WORKER_UPGRADES} in ${seconds} s`,
      enough,
    ),
    noFailures("Upgrades refused", refused, `${done.main + done.worker + refused.length}`),
    noFailures(
      "Requests and tunnels meanwhile",
      load.failures,
      `${load.requests.answered} requests, ${load.transfers} transfers of 30 s, ` +
        `${load.messages} messages in ${WEBSOCKETS} WebSockets and ${TUNNELS} TCP tunnels`,
    ),
  ];
}

/** What has been done. */
export interface Done {
  main: number;
  worker: number;
}

/**
 * Replaces the running worker with the lowest id. Does not wait for the old one to leave: its tunnels may
 * keep it for minutes.
 */
export async function upgradeWorker(
  { sozu }: Scene,
  done: Done,
  refused: string[],
): Promise<void> {
  const [oldest] = await sozu.runningWorkers();
  if (oldest === undefined) throw new Error("no worker runs");
  using client = await sozu.connect();
  await client.send({ kind: "upgrade_worker", value: oldest.id });
  for (;;) {
    const answer = await client.receive();
    if (answer === null) throw new Error("main closed the connection before it had answered");
    if (answer.status === ResponseStatus.FAILURE) {
      refused.push(`worker ${oldest.id}: ${answer.message}`);
      return;
    }
    if (answer.status === ResponseStatus.PROCESSING && !/has taken over/.test(answer.message)) {
      continue;
    }
    done.worker++;
    return;
  }
}

/** Replaces main and all workers. */
export async function upgradeMain({ sozu }: Scene, done: Done, refused: string[]): Promise<void> {
  const { status, message } = await sozu.request({ kind: "upgrade_main", value: {} });
  if (status === ResponseStatus.OK) done.main++;
  else refused.push(`main: ${message}`);
}
