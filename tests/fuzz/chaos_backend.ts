// The backend of a chaos run: does to each request what its plan says, and checks every byte it is sent.

import type { Plan } from "./chaos_plan.ts";
import { planIn } from "./chaos_plan.ts";
import { closed, ForeignByte, PieceReader, sent, Stamp } from "./chaos_stamp.ts";

/** A running backend. */
export interface ChaosBackend {
  readonly address: string;
  /** Connections open right now. */
  readonly open: number;
  stop(): Promise<void>;
}

const PIECE = 9_000;

/** Starts a backend; `report` is told of every byte that is not where it belongs. */
export function startChaosBackend(report: (what: string) => void): ChaosBackend {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const running = new Set<Promise<void>>();
  const serve = async (conn: Deno.Conn) => {
    const reader = new PieceReader(conn);
    try {
      while (await serveOne(conn, reader));
    } catch (error) {
      if (!(error instanceof ForeignByte)) throw error;
      report(`The backend was sent ${error.message}`);
    } finally {
      open.delete(conn);
      closed(conn);
    }
  };
  const accepting = (async () => {
    for await (const conn of listener) {
      conn.setNoDelay(true);
      open.add(conn);
      const work = serve(conn);
      running.add(work);
      work.finally(() => running.delete(work));
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    address: `127.0.0.1:${port}`,
    get open() {
      return open.size;
    },
    async stop() {
      listener.close();
      for (const conn of open) closed(conn);
      await Promise.all([accepting, ...running]);
    },
  };
}

/** Serves one request; true when the connection goes on. */
async function serveOne(conn: Deno.Conn, reader: PieceReader): Promise<boolean> {
  const head = await reader.through("\r\n\r\n");
  if (head === null) return false;
  const plan = planIn(head);
  if (plan.interim) await sent(conn, `HTTP/1.1 103 Early Hints\r\nX-Nonce: ${plan.nonce}\r\n\r\n`);
  switch (plan.kind) {
    case "answer":
    case "decline":
    case "deny":
      if (!(await readBody(plan, reader))) return false;
      return await answer(plan, conn) && !plan.leaves;
    case "early":
      if (!(await answer(plan, conn))) return false;
      return await readBody(plan, reader) && plan.downFraming !== "close";
    case "rude":
      await answer(plan, conn);
      return false;
    case "cut":
      await readBody(plan, reader);
      await sent(conn, responseHead(plan, plan.down + 1_000));
      await sendStamped(conn, new Stamp("b", plan.nonce), plan.down);
      return false;
    case "drop":
      await reader.checked(
        plan.upFraming === "length" ? plan.up >> 1 : 0,
        new Stamp("c", plan.nonce),
      );
      return false;
    case "switch":
      await tunnelBehind(plan, conn, reader, switching(`echo/${plan.nonce}`));
      return false;
    case "other":
      await tunnelBehind(plan, conn, reader, switching("else"));
      return false;
    case "unasked":
      await tunnelBehind(plan, conn, reader, switching("other"));
      return false;
    case "tunnel":
      await tunnelBehind(plan, conn, reader, `HTTP/1.1 200 OK\r\nX-Nonce: ${plan.nonce}\r\n\r\n`);
      return false;
  }
}

function switching(protocol: string): string {
  return "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n" +
    `Upgrade: ${protocol}\r\n\r\n`;
}

async function readBody({ nonce, up, upFraming }: Plan, reader: PieceReader): Promise<boolean> {
  if (up === 0) return true;
  const stamp = new Stamp("c", nonce);
  if (upFraming === "length") return await reader.checked(up, stamp);
  if (!(await reader.checkedChunks(stamp))) return false;
  if (stamp.length !== up) {
    throw new ForeignByte(`a body of ${stamp.length} bytes instead of ${up}`);
  }
  return true;
}

function responseHead({ kind, nonce, downFraming }: Plan, length: number): string {
  const framing = downFraming === "length"
    ? `Content-Length: ${length}\r\n`
    : downFraming === "chunks"
    ? "Transfer-Encoding: chunked\r\n"
    : "";
  const status = kind === "deny" ? "403 Forbidden" : "200 OK";
  return `HTTP/1.1 ${status}\r\nX-Nonce: ${nonce}\r\n${framing}\r\n`;
}

/** Sends the whole answer; true when the connection may carry another. */
async function answer(plan: Plan, conn: Deno.Conn): Promise<boolean> {
  const { nonce, down, downFraming } = plan;
  if (!(await sent(conn, responseHead(plan, down)))) return false;
  const stamp = new Stamp("b", nonce);
  if (downFraming !== "chunks") {
    return await sendStamped(conn, stamp, down) && downFraming === "length";
  }
  for (let left = down; left > 0;) {
    const size = Math.min(left, PIECE);
    const whole = await sent(conn, `${size.toString(16)}\r\n`) &&
      await sendStamped(conn, stamp, size) && await sent(conn, "\r\n");
    if (!whole) return false;
    left -= size;
  }
  return await sent(conn, "0\r\n\r\n");
}

async function sendStamped(conn: Deno.Conn, stamp: Stamp, count: number): Promise<boolean> {
  for (let left = count; left > 0; left -= PIECE) {
    if (!(await sent(conn, stamp.make(Math.min(left, PIECE))))) return false;
  }
  return true;
}

/** Switches, with the body before or behind the answer, and talks both ways until both have ended. */
async function tunnelBehind(
  plan: Plan,
  conn: Deno.Conn,
  reader: PieceReader,
  head: string,
): Promise<void> {
  if (!plan.hasty && !(await readBody(plan, reader))) return;
  if (!(await sent(conn, head))) return;
  const down = async () => {
    const whole = await sendStamped(conn, new Stamp("u", plan.nonce), plan.down);
    if (whole && !plan.leaves) await conn.closeWrite().catch(() => {});
  };
  const up = async () => {
    if (plan.hasty && !(await readBody(plan, reader))) return;
    await reader.checkedToEnd(new Stamp("t", plan.nonce));
  };
  const leaving = down().then(() => plan.leaves ? closed(conn) : undefined);
  await Promise.all([leaving, up()]);
}
