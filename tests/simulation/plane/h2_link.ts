// A connection of HTTP/2 as a client or a backend of a run has it: moves bytes between a stream in memory and the
// state machine of the protocol.

import { H2Connection } from "../../../src/protocol/h2/connection/connection.ts";
import { H2Counters } from "../../../src/protocol/h2/connection/counters.ts";
import type { ConnectionEvents, HeadSpace } from "../../../src/protocol/h2/connection/events.ts";
import { HeadTools } from "../../../src/protocol/h2/connection/head_tools.ts";
import type { Role } from "../../../src/protocol/h2/connection/link.ts";
import { MessageHead } from "../../../src/protocol/http/message_head.ts";
import { testLimits } from "../../support/h2/limits.ts";
import type { StreamParts, VirtualStream } from "./stream.ts";

const INPUT_BYTES = 40_000;
const OUTPUT_BYTES = 65_572;
const NO_BYTES = new Uint8Array(0);
const decoder = new TextDecoder("latin1");

/** What an owner of a link has to hear; the rest is told to nobody. */
export type LinkEvents<O> = Omit<ConnectionEvents<O>, "wantsWrite" | "space" | "pong">;

/** One connection. */
export class H2Link<O> {
  readonly connection: H2Connection<O>;
  /** Waits before each read, so that a side can be slow. */
  beforeRead: () => Promise<void> | null = () => null;
  /** Bytes that were written, up to the end of what was said so far, once all of that is. */
  #flushed: PromiseWithResolvers<number> | null = null;
  readonly #stream: VirtualStream;
  readonly #parts: StreamParts;
  #scheduled = false;
  #writing = false;
  #wants = false;

  constructor(role: Role, events: LinkEvents<O>, stream: VirtualStream, parts: StreamParts) {
    this.#stream = stream;
    this.#parts = parts;
    const output = new Uint8Array(OUTPUT_BYTES);
    this.connection = new H2Connection<O>({
      role,
      limits: testLimits({ streamIdleMs: 120_000 }),
      events: {
        head: (...told) => events.head(...told),
        interim: (...told) => events.interim(...told),
        data: (...told) => events.data(...told),
        trailers: (...told) => events.trailers(...told),
        sent: (...told) => events.sent(...told),
        ended: (...told) => events.ended(...told),
        malformed: (...told) => events.malformed(...told),
        settled: () => events.settled(),
        goaway: (code) => events.goaway(code),
        pong: () => {},
        space: () => newSpace(),
        wantsWrite: () => this.#wake(),
      },
      tools: new HeadTools(),
      counters: new H2Counters(),
      buffers: { size: OUTPUT_BYTES, take: () => output, give: () => {} },
      allowsConnectProtocol: false,
    }, parts.clock.now);
  }

  /** Bytes that the stream has taken once everything that was said so far has been written. */
  flushed(): Promise<number> {
    this.#flushed ??= Promise.withResolvers();
    this.#wake();
    return this.#flushed.promise;
  }

  /** Reads to the end; `first` has been read before. */
  async run(first: Uint8Array = NO_BYTES): Promise<void> {
    let bytes = new Uint8Array(INPUT_BYTES);
    bytes.set(first);
    let end = first.length;
    const { connection } = this;
    this.#wake();
    for (;;) {
      const { now } = this.#parts.clock;
      const left = bytes.slice(connection.receive(bytes, 0, end, now), end);
      bytes = new Uint8Array(INPUT_BYTES);
      bytes.set(left);
      end = left.length;
      this.#settle();
      if (this.#stream.closed) return connection.lost();
      const pause = this.beforeRead();
      if (pause !== null) await pause;
      const count = await this.#stream.read(bytes.subarray(end)).catch(() => 0);
      if (count === 0) break;
      end += count;
    }
    connection.inputEnded(this.#parts.clock.now);
    this.#settle();
    connection.lost();
    this.#stream.close();
  }

  #wake(): void {
    if (this.#writing) this.#wants = true;
    else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#parts.clock.after(0, () => void this.#flush());
    }
  }

  async #flush(): Promise<void> {
    this.#scheduled = false;
    this.#writing = true;
    try {
      do {
        this.#wants = false;
        for (let bytes = this.#take(); bytes !== null; bytes = this.#take()) {
          const copy = bytes.slice();
          for (let at = 0; at < copy.length;) at += await this.#stream.write(copy.subarray(at));
          this.connection.written();
        }
      } while (this.#wants);
    } catch {
      this.connection.lost();
      this.#stream.close();
    }
    this.#writing = false;
    this.#flushed?.resolve(this.#stream.sent);
    this.#flushed = null;
    this.#settle();
  }

  #take(): Uint8Array | null {
    return this.connection.take(this.#parts.clock.now);
  }

  #settle(): void {
    const { connection } = this;
    if (!connection.isOver || this.#writing || this.#stream.closed) return;
    if (connection.isDead) return this.#stream.close();
    this.#stream.closeWrite().catch(() => {});
  }
}

/** `bytes[start, end)`, which are ASCII. */
export function textIn(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

function newSpace(): HeadSpace {
  return { head: new MessageHead(NO_BYTES), bytes: new Uint8Array(16_393), at: 0 };
}
