// The thread of mixed.ts: one connection with prior knowledge, small requests at a steady pace, and on another stream
// of it, if asked for, one bulk body after the other.

import { FrameFlag, FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { headers, join, preface, SETTINGS_ACK, windowUpdate } from "../../support/h2/frames.ts";
import { requestFields } from "../../support/h2/request_fields.ts";
import { pause } from "../../support/wait.ts";
import { HOST } from "../contenders/contender.ts";
import { BULK_PATH } from "../contenders/nginx_backend.ts";
import { DelayMeter } from "../load/delay_meter.ts";
import type { MixedOrder, MixedResult } from "./mixed.ts";

/** Bytes that may be under way on a stream: little enough to be read at once. */
const WINDOW = 256 * 1024;
const CREDIT = WINDOW / 2;
const EVERY_MS = 5;

class MixedClient {
  /** When small requests were asked, and when they were answered. */
  readonly waits: { readonly from: number; readonly to: number }[] = [];
  bulkBytes = 0;
  readonly #conn: Deno.TcpConn;
  readonly #bulk: boolean;
  readonly #asked = new Map<number, number>();
  #bulkStream = 0;
  #stream = 1;
  #owed = 0;

  constructor(conn: Deno.TcpConn, bulk: boolean) {
    this.#conn = conn;
    this.#bulk = bulk;
  }

  async run(seconds: number): Promise<void> {
    const settings = preface([0x4, WINDOW], [0x2, 0]);
    await this.#write(join(settings, windowUpdate(0, 64 * 1024 * 1024)));
    const reading = this.#read().catch(() => {});
    await pause(50);
    if (this.#bulk) await this.#askForBulk();
    // The first ones make all sides compile.
    const measured = performance.now() + 300;
    const end = performance.now() + 300 + seconds * 1_000;
    while (performance.now() < end) {
      if (performance.now() < measured) this.waits.length = 0;
      const stream = this.#next();
      this.#asked.set(stream, performance.now());
      await this.#write(headers(stream, requestFields("GET", "/", [], HOST)));
      await pause(EVERY_MS);
    }
    this.#conn.close();
    await reading;
  }

  #next(): number {
    const stream = this.#stream;
    this.#stream += 2;
    return stream;
  }

  async #askForBulk(): Promise<void> {
    this.#bulkStream = this.#next();
    await this.#write(headers(this.#bulkStream, requestFields("GET", BULK_PATH, [], HOST)));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(256 * 1024);
    const head = new Uint8Array(9);
    const view = new DataView(head.buffer);
    let known = 0;
    let left = 0;
    for (;;) {
      const count = await this.#conn.read(chunk);
      if (count === null) return;
      for (let at = 0; at < count;) {
        if (known < 9) {
          head[known++] = chunk[at++] as number;
          if (known < 9) continue;
          left = view.getUint32(0) >>> 8;
        } else {
          const taken = Math.min(left, count - at);
          at += taken;
          left -= taken;
        }
        if (left > 0) continue;
        known = 0;
        await this.#frame(view);
      }
    }
  }

  async #frame(view: DataView): Promise<void> {
    const [type, flags, stream] = [view.getUint8(3), view.getUint8(4), view.getUint32(5)];
    const ends = (flags & FrameFlag.END_STREAM) !== 0;
    if (type === FrameType.SETTINGS && !ends) return await this.#write(SETTINGS_ACK);
    if (type !== FrameType.DATA && type !== FrameType.HEADERS) return;
    if (stream !== this.#bulkStream) {
      const asked = this.#asked.get(stream);
      if (!ends || asked === undefined) return;
      this.waits.push({ from: asked, to: performance.now() });
      this.#asked.delete(stream);
      return;
    }
    if (type === FrameType.DATA) {
      const size = view.getUint32(0) >>> 8;
      this.bulkBytes += size;
      this.#owed += size;
    }
    if (ends) return await this.#askForBulk();
    if (this.#owed < CREDIT) return;
    await this.#write(join(windowUpdate(0, this.#owed), windowUpdate(stream, this.#owed)));
    this.#owed = 0;
  }
}

interface Thread {
  onmessage: ((event: MessageEvent<MixedOrder>) => void) | null;
  postMessage(result: MixedResult): void;
}

const thread = globalThis as unknown as Thread;
thread.onmessage = async ({ data: { port, seconds, bulk } }) => {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  using meter = new DelayMeter();
  const client = new MixedClient(conn, bulk);
  await client.run(seconds);
  // What this thread was held up itself, also by the bulk that it reads, is nobody else's doing.
  const waits = client.waits.map(({ from, to }) => to - from - meter.heldUp(from, to));
  thread.postMessage({ waits, bulkBytes: client.bulkBytes });
};
