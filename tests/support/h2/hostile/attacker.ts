// Runs an attack in a thread of its own, so that who looks at the proxy meanwhile is not held up by it.

import { pause } from "../../wait.ts";
import { type Attack, ATTACKS, opening } from "./attacks.ts";

/** What a thread is asked to do. */
export interface AttackOrder {
  readonly name: string;
  readonly port: number;
  readonly connections: number;
}

/** What an attack came to. */
export interface AttackResult {
  /** Connections that were opened, those included that replaced others. */
  readonly opened: number;
  /** Bytes that the proxy took. */
  readonly sent: number;
}

/** A running attack. */
export interface RunningAttack {
  /** Ends it. */
  stop(): Promise<AttackResult>;
}

/** Starts the attack called `name`; resolves when its first connections are made. */
export async function startAttack(order: AttackOrder): Promise<RunningAttack> {
  const thread = new Worker(new URL("attack_thread.ts", import.meta.url), { type: "module" });
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<AttackResult>();
  thread.onmessage = ({ data }) => data === "begun" ? begun.resolve() : ended.resolve(data);
  thread.onerror = (event) => {
    event.preventDefault();
    begun.reject(new Error(event.message));
    ended.reject(new Error(event.message));
  };
  ended.promise.catch(() => {});
  thread.postMessage(order);
  await begun.promise;
  return {
    async stop() {
      thread.postMessage("stop");
      try {
        return await ended.promise;
      } finally {
        thread.terminate();
      }
    },
  };
}

/** Keeps connections at an attack until `isOver`. */
export async function attack(
  { name, port, connections }: AttackOrder,
  isOver: () => boolean,
  begun: () => void,
): Promise<AttackResult> {
  const plan = ATTACKS[name];
  if (plan === undefined) throw new Error(`no attack is called ${name}`);
  const result = { opened: 0, sent: 0 };
  const open = new Set<Deno.TcpConn>();
  const one = async () => {
    while (!isOver()) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      open.add(conn);
      result.opened++;
      await attackOnce(plan, conn, result, isOver).catch(() => {});
      close(conn);
      open.delete(conn);
      // A peer that is thrown out knocks again, but not in a loop without end.
      await pause(5);
    }
  };
  const all = Promise.all(Array.from({ length: connections }, one));
  begun();
  while (!isOver()) await pause(20);
  for (const conn of open) close(conn);
  await all;
  return result;
}

async function attackOnce(
  plan: Attack,
  conn: Deno.TcpConn,
  result: { sent: number },
  isOver: () => boolean,
): Promise<void> {
  let gone = false;
  const send = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    result.sent += bytes.length;
  };
  const reading = plan.reads ? drain(conn).finally(() => gone = true) : Promise.resolve();
  try {
    await send(opening(plan));
    for (let round = 0; !gone && !isOver(); round++) {
      const bytes = plan.next(round);
      if (bytes !== null) await send(bytes);
      await pause(plan.everyMs ?? 0);
    }
  } finally {
    close(conn);
    await reading;
  }
}

async function drain(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await conn.read(buffer) !== null);
  } catch {
    // It was reset, or closed by us.
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
