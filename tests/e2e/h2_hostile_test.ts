// Peers of HTTP/2 that mean harm, each beside a client that does not: that one stays served, and the proxy's memory
// stays what it is. How fast it is served meanwhile is measured by the benchmark `h2`.

import assert from "node:assert/strict";
import { H2Client } from "../support/h2/h2_client.ts";
import { getFields } from "../support/h2/request_fields.ts";
import { type Front, startFront } from "../support/h2/front.ts";
import { startAttack } from "../support/h2/hostile/attacker.ts";
import { ATTACKS } from "../support/h2/hostile/attacks.ts";
import { startBackend } from "../bench/contenders/arena.ts";
import { findProgram } from "../bench/load/tools.ts";
import { freePort } from "../support/ports.ts";
import { Lab } from "../support/process/lab.ts";
import { processTree, residentBytes } from "../support/process/proc.ts";
import { pause, waitFor } from "../support/wait.ts";

const CONNECTIONS = 4;
const ATTACK_MS = 1_500;
const AT_MOST_MS = 20_000;
/** Requests that must be served meanwhile. */
const ENOUGH = 10;
/** Heaps breathe; what an attacker can make a proxy keep would be many times as much. */
const MAY_GROW = 160 * 1024 * 1024;
const MAY_KEEP = 64 * 1024 * 1024;

/** Resident bytes of the process that serves. */
function memory(pid: number): number {
  return Math.max(...processTree(pid).map((each) => residentBytes(each.pid)));
}

const NGINX = findProgram("nginx");
// A backend that is a script would be the first to suffer.
if (NGINX === null) console.error("SKIPPED hostile peers of HTTP/2: nginx is not installed");

Deno.test({
  name: "peers that mean harm cost others nothing but time",
  ignore: NGINX === null,
  async fn(test) {
    await using lab = new Lab();
    const backendPort = freePort();
    await startBackend(lab, NGINX as string, [backendPort]);
    await using front = await startFront({ backend: `127.0.0.1:${backendPort}` });
    await using first = await H2Client.open(front.clearPort, "clear");
    // What serving costs at all is there before it is measured.
    for (let i = 0; i < 200; i++) await served(first, 2 * i + 1);
    for (const name of Object.keys(ATTACKS)) {
      await test.step(`${name}: others are served, and memory does not grow`, async () => {
        await attacked(front, name);
      });
    }
  },
});

async function served(client: H2Client, stream: number): Promise<void> {
  assert.equal((await client.ask(stream, getFields())).status, 200);
}

/** Looks at a front while it is attacked. */
async function attacked(front: Front, name: string): Promise<void> {
  await using kept = await H2Client.open(front.clearPort, "clear");
  const before = memory(front.pid);
  let most = before;
  let asked = 0;
  const attack = await startAttack({ name, port: front.clearPort, connections: CONNECTIONS });
  const began = performance.now();
  try {
    // On a busy machine it takes longer until enough were served.
    const over = () => performance.now() - began > ATTACK_MS && asked >= ENOUGH;
    while (!over() && performance.now() - began < AT_MOST_MS) {
      await served(kept, 1 + asked);
      await using fresh = await H2Client.open(front.clearPort, "clear");
      await served(fresh, 1);
      asked += 2;
      most = Math.max(most, memory(front.pid));
      await pause(5);
    }
  } finally {
    const result = await attack.stop();
    assert.ok(result.opened >= CONNECTIONS && result.sent > 0);
  }
  assert.ok(asked >= ENOUGH, `only ${asked} requests were served`);
  assert.ok(most - before < MAY_GROW, `it grew by ${(most - before) / 2 ** 20} MiB`);
  await waitFor("memory to be what it was", () => memory(front.pid) - before < MAY_KEEP, {
    deadlineMs: 15_000,
    everyMs: 200,
  });
  await served(kept, 1 + asked);
}
