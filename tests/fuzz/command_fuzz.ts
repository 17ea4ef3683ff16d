// Damaged input on the command socket of a running main process, from several connections at once,
// while another client goes on working. Tells what was sent and how the other client fared.

import { ResponseStatus } from "../../config/schema/messages.ts";
import { connect } from "../../src/client/mod.ts";
import { addBackend, addCluster, removeBackend } from "../support/config/commands.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { within } from "../support/wait.ts";
import { damagedInput } from "./command_damage.ts";
import type { Pick } from "./mutate.ts";

/** Connections that send damaged input at the same time. */
const ATTACKERS = 6;

/** Most the other client waits for one answer, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Pause between two requests of the other client, in milliseconds. */
const PACE_MS = 10;

/** What a run did. */
export interface FuzzFigures {
  readonly seed: number;
  readonly connections: number;
  readonly inputs: number;
  readonly bytes: number;
  /** Bytes that came back. */
  readonly answered: number;
  /** Requests of the other client, all of them answered OK. */
  readonly served: number;
  readonly slowestMs: number;
}

/** How long it goes on: for a time, and as much longer as the least takes, within bounds. */
export interface FuzzExtent {
  readonly durationMs: number;
  readonly inputs: number;
  readonly served: number;
}

/** Attacks the socket; throws when the other client is not served. */
export async function fuzzCommandSocket(
  socketPath: string,
  seed: number,
  extent: FuzzExtent,
): Promise<FuzzFigures> {
  const until = performance.now() + extent.durationMs;
  const witness = { served: 0, slowestMs: 0 };
  const goesOn = () => {
    const now = performance.now();
    const least = counts.inputs > extent.inputs && witness.served > extent.served;
    return now < until || (!least && now < until + PATIENCE_MS);
  };
  const counts = { connections: 0, inputs: 0, bytes: 0, answered: 0 };
  const attackers = Array.from({ length: ATTACKERS }, async (_, i) => {
    const random = seededRandom(seed * ATTACKERS + i);
    const pick: Pick = (limit) => Math.floor(random() * limit);
    while (goesOn()) await attack(socketPath, pick, counts);
  });
  await Promise.all([keepWorking(socketPath, witness, goesOn), ...attackers]);
  return { seed, ...counts, ...witness };
}

async function attack(
  socketPath: string,
  pick: Pick,
  counts: { connections: number; inputs: number; bytes: number; answered: number },
): Promise<void> {
  const connection = await Deno.connect({ transport: "unix", path: socketPath });
  counts.connections++;
  const reading = readAll(connection);
  try {
    for (let left = 1 + pick(4); left > 0; left--) {
      const input = damagedInput(pick);
      counts.inputs++;
      for (let at = 0; at < input.length;) {
        const end = pick(3) === 0 ? Math.min(input.length, at + 1 + pick(200)) : input.length;
        at += await connection.write(input.subarray(at, end));
      }
      counts.bytes += input.length;
    }
    // Half of the clients wait for what they can get, the others leave at once.
    if (pick(2) === 0) {
      await connection.closeWrite();
      counts.answered += await within("the end of a session", PATIENCE_MS, reading);
    }
  } catch (error) {
    if (!isHangUp(error)) throw error;
  } finally {
    connection.close();
    await reading;
  }
}

async function readAll(connection: Deno.UnixConn): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  try {
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      total += n;
    }
  } catch {
    // Closed by either side, which is what this is about.
  }
  return total;
}

/** The other side may close a session at any point of what it finds unusable. */
function isHangUp(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.BadResource;
}

async function keepWorking(
  socketPath: string,
  seen: { served: number; slowestMs: number },
  goesOn: () => boolean,
): Promise<void> {
  using client = await connect(socketPath, { timeoutMs: PATIENCE_MS });
  await client.send(addCluster("witness"));
  while (goesOn()) {
    const place = ["witness", `w-${seen.served}`, "127.0.0.1:9"] as const;
    for (const request of [addBackend(...place), removeBackend(...place)]) {
      const started = performance.now();
      const response = await client.send(request);
      if (response.status !== ResponseStatus.OK) throw new Error(response.message);
      seen.served++;
      seen.slowestMs = Math.max(seen.slowestMs, performance.now() - started);
    }
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
}
