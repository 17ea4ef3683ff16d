// One client connection of a chaos run: a few requests, pipelined or not, written in pieces, perhaps broken
// off anywhere; every byte that comes back is checked.

import { mayLeaveHttp, type Plan, requestHead } from "./chaos_plan.ts";
import { closed, ForeignByte, PieceReader, sent, Stamp } from "./chaos_stamp.ts";
import type { Pick } from "./mutate.ts";

/** What became of requests, by a few words for each. */
export type Tally = Map<string, number>;

/** One connection and what it does. */
export interface Conversation {
  readonly conn: Deno.TcpConn | Deno.TlsConn;
  readonly plans: readonly Plan[];
  readonly pick: Pick;
  readonly tally: Tally;
}

/** Statuses that the proxy may answer with by itself; it never says 200 or 101. */
const OWN = new Set([400, 405, 408, 502, 503, 504]);

const CHUNK = 7_000;

/** Talks until one side ends; rejects with {@link ForeignByte} when a byte is not where it belongs. */
export async function converse(conversation: Conversation): Promise<void> {
  const { conn } = conversation;
  const writer = new Writer(conversation);
  const writing = writer.run();
  try {
    await new Reader(conversation, writer).run();
  } finally {
    writer.tunnelDecided(false);
    closed(conn);
    await writing;
  }
}

/** Sends the requests. */
class Writer {
  readonly #conversation: Conversation;
  readonly #tunnel = Promise.withResolvers<boolean>();
  /** Bytes until the connection is broken off, or Infinity. */
  #left: number;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    const { pick } = conversation;
    this.#left = pick(5) === 0 ? pick(pick(2) === 0 ? 1_000 : 100_000) : Infinity;
  }

  /** The last request has become a tunnel, or never will. */
  tunnelDecided(open: boolean): void {
    this.#tunnel.resolve(open);
  }

  async run(): Promise<void> {
    const { plans, conn, pick } = this.#conversation;
    for (const plan of plans) {
      if (!(await this.#send(requestHead(plan)))) return;
      if (!(await this.#sendBody(plan))) return;
      const last = plan === plans.at(-1);
      if (!last || !mayLeaveHttp(plan)) continue;
      const early = plan.kind === "tunnel" && pick(3) === 0;
      if (!early && !(await this.#tunnel.promise)) return;
      if (!(await this.#sendStamped(new Stamp("t", plan.nonce), plan.through))) return;
    }
    if (pick(3) === 0) await conn.closeWrite().catch(() => {});
  }

  async #sendBody({ up, upFraming, nonce }: Plan): Promise<boolean> {
    const stamp = new Stamp("c", nonce);
    if (up === 0) return true;
    if (upFraming === "length") return await this.#sendStamped(stamp, up);
    for (let left = up; left > 0; left -= CHUNK) {
      const size = Math.min(left, CHUNK);
      const whole = await this.#send(`${size.toString(16)}\r\n`) &&
        await this.#sendStamped(stamp, size) && await this.#send("\r\n");
      if (!whole) return false;
    }
    return await this.#send("0\r\n\r\n");
  }

  async #sendStamped(stamp: Stamp, count: number): Promise<boolean> {
    const { pick } = this.#conversation;
    for (let left = count; left > 0;) {
      const size = Math.min(left, 1 + pick(pick(2) === 0 ? 500 + (left >> 3) : 30_000));
      if (!(await this.#send(stamp.make(size)))) return false;
      left -= size;
    }
    return true;
  }

  /** False when the connection is gone, or has been broken off here. */
  async #send(data: string | Uint8Array): Promise<boolean> {
    const { conn, pick } = this.#conversation;
    if (pick(4) === 0) await new Promise((resolve) => setTimeout(resolve, pick(4)));
    const part = data.slice(0, Math.min(data.length, this.#left));
    this.#left -= part.length;
    if (!(await sent(conn, part))) return false;
    if (this.#left > 0) return true;
    closed(conn);
    return false;
  }
}

/** A response head that was read. */
interface Answer {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
}

/** Checks the answers. */
class Reader {
  readonly #conversation: Conversation;
  readonly #writer: Writer;
  readonly #reader: PieceReader;

  constructor(conversation: Conversation, writer: Writer) {
    this.#conversation = conversation;
    this.#writer = writer;
    this.#reader = new PieceReader(conversation.conn);
  }

  async run(): Promise<void> {
    for (const plan of this.#conversation.plans) {
      if (!(await this.#readAnswer(plan))) return;
    }
  }

  /** True when another answer may follow. */
  async #readAnswer(plan: Plan): Promise<boolean> {
    const answer = await this.#readHead(plan);
    if (answer === null) return this.#end(plan, "no answer");
    const { status, fields } = answer;
    if (status === 101 || (plan.kind === "tunnel" && status < 300)) {
      return await this.#readTunnel(plan, answer);
    }
    if (!fields.has("x-nonce")) return await this.#readOwn(plan, answer);
    const expected = plan.kind === "deny" ? 403 : 200;
    const forbidden = ["drop", "switch", "other", "unasked", "tunnel"].includes(plan.kind);
    if (status !== expected || forbidden) throw this.#foreign(plan, `status ${status}`);
    const whole = await this.#readBody(plan, fields);
    if (!whole) return this.#end(plan, "cut");
    if (plan.kind === "cut" && fields.has("transfer-encoding")) {
      throw this.#foreign(plan, "an answer that was cut ended as if it were whole");
    }
    this.#end(plan, `${status}`);
    return fields.get("connection") !== "close";
  }

  /** The head of the final answer; `null` at the end of the connection. */
  async #readHead(plan: Plan): Promise<Answer | null> {
    for (;;) {
      const head = await this.#reader.through("\r\n\r\n");
      if (head === null) return null;
      const [start = "", ...lines] = head.slice(0, -4).split("\r\n");
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(start)?.[1]);
      if (Number.isNaN(status)) throw this.#foreign(plan, `head ${JSON.stringify(head)}`);
      const fields = new Map(lines.map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)] as const;
      }));
      const nonce = fields.get("x-nonce");
      const foreign = nonce !== undefined && nonce !== plan.nonce;
      if (foreign || (status === 103 && (nonce === undefined || !plan.interim))) {
        throw this.#foreign(plan, `head ${JSON.stringify(head)}`);
      }
      if (status !== 103) return { status, fields };
    }
  }

  async #readBody(plan: Plan, fields: ReadonlyMap<string, string>): Promise<boolean> {
    const stamp = new Stamp("b", plan.nonce);
    const length = fields.get("content-length");
    if (length !== undefined) {
      const announced = plan.down + (plan.kind === "cut" ? 1_000 : 0);
      if (Number(length) !== announced) throw this.#foreign(plan, `length ${length}`);
      return await this.#reader.checked(announced, stamp);
    }
    if (!fields.has("transfer-encoding")) {
      await this.#reader.checkedToEnd(stamp);
      return stamp.length === plan.down;
    }
    if (!(await this.#reader.checkedChunks(stamp))) return false;
    if (stamp.length !== plan.down && plan.kind !== "cut") {
      throw this.#foreign(plan, `${stamp.length} bytes instead of ${plan.down}`);
    }
    return true;
  }

  async #readTunnel(plan: Plan, { status, fields }: Answer): Promise<false> {
    const granted = status === 101
      ? plan.kind === "switch" && fields.get("upgrade") === `echo/${plan.nonce}`
      : fields.get("x-nonce") === plan.nonce && !fields.has("content-length") &&
        !fields.has("transfer-encoding");
    if (!granted) throw this.#foreign(plan, `a tunnel with status ${status}`);
    this.#writer.tunnelDecided(true);
    const stamp = new Stamp("u", plan.nonce);
    await this.#reader.checkedToEnd(stamp);
    return this.#end(plan, stamp.length === plan.down ? "tunnel" : "tunnel cut");
  }

  /** An answer of the proxy itself tells of no request but this one. */
  async #readOwn(plan: Plan, { status, fields }: Answer): Promise<false> {
    if (!OWN.has(status)) throw this.#foreign(plan, `an answer of its own with ${status}`);
    let text = [...fields.values()].join("\n");
    for (;;) {
      const piece = await this.#reader.some(10_000);
      if (piece.length === 0) break;
      text += String.fromCharCode(...piece);
    }
    const others = [...text.matchAll(/\/([0-9a-f]{7})\b|[cbtu]([0-9a-f]{7})@/g)]
      .map(([, path, cell]) => path ?? cell).filter((nonce) => nonce !== plan.nonce);
    if (others.length > 0) throw this.#foreign(plan, `an answer about ${others.join()}`);
    return this.#end(plan, `own ${status}`);
  }

  #end({ kind }: Plan, how: string): false {
    const { tally } = this.#conversation;
    const key = `${kind}: ${how}`;
    tally.set(key, (tally.get(key) ?? 0) + 1);
    return false;
  }

  #foreign({ kind, nonce }: Plan, what: string): ForeignByte {
    return new ForeignByte(`${what} for request ${nonce} (${kind})`);
  }
}
