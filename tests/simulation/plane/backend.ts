// A backend that speaks HTTP/1.1, and HTTP/2 to whoever begins like that, mostly well: it also dies, stalls, answers early, closes short, speaks
// garbage or unasked, and switches protocols. What it is sent it checks byte for byte.

import type { SeededRandom } from "../seeded.ts";
import { type Deed, DEEDS } from "./deeds.ts";
import type { Host } from "./network.ts";
import {
  CutError,
  field,
  framed,
  type Framing,
  framingOf,
  MessageReader,
  stampedText,
  writeText,
} from "./messages.ts";
import { H2Answers } from "./h2_backend.ts";
import { textIn } from "./h2_link.ts";
import type { StreamParts, VirtualStream } from "./stream.ts";

/** What tells HTTP/2 from POST and PUT. */
const PREFACE = "PRI";

/** What is said that nobody has asked for. */
const SURPLUS = "SURPLUS OF AN EARLIER RESPONSE\r\n\r\n";

interface Question {
  readonly method: string;
  readonly nonce: number;
  readonly framing: Framing;
  readonly switches: boolean;
}

/** A server in memory. */
export class SimulatedBackend implements Host {
  readonly address: string;
  state: Host["state"] = "up";
  /** Answers health probes. */
  healthy = true;
  readonly #parts: StreamParts;
  readonly #random: SeededRandom;
  readonly #open = new Set<VirtualStream>();
  readonly #deeds: readonly Deed[];

  /** `misbehaves` in [0, 1]: how much of what is wrong it does. */
  constructor(address: string, misbehaves: number, parts: StreamParts) {
    this.address = address;
    this.#parts = parts;
    this.#random = parts.random;
    this.#deeds = DEEDS.flatMap(([deed, weight], index) =>
      new Array<Deed>(index === 0 ? weight : Math.round(weight * misbehaves)).fill(deed)
    );
  }

  /** Goes away with all its connections; `silent` without a word. */
  die(state: "refusing" | "silent"): void {
    this.state = state;
    this.#parts.trace.note(`${this.address} is ${state}`);
    if (state === "refusing") { for (const stream of [...this.#open]) stream.reset(); }
  }

  revive(): void {
    this.state = "up";
    this.#parts.trace.note(`${this.address} is up`);
  }

  accept(stream: VirtualStream): void {
    this.#open.add(stream);
    this.#serve(stream).catch((error) => {
      if (error instanceof CutError) this.#parts.trace.note(`${stream.name}: ${error.message}`);
    }).finally(() => {
      this.#open.delete(stream);
      stream.close();
    });
  }

  async #serve(stream: VirtualStream): Promise<void> {
    const first = await readFirst(stream);
    if (textIn(first, 0, first.length).startsWith(PREFACE)) {
      const behaviour = { deeds: this.#deeds, isHealthy: () => this.healthy };
      return await new H2Answers(behaviour, stream, this.#parts).run(first);
    }
    const reader = new MessageReader(stream, undefined, textIn(first, 0, first.length));
    for (;;) {
      const head = await reader.head();
      if (head === null) return;
      const question = this.#understand(head, stream);
      if (question === null) await this.#answerProbe(stream);
      else if (!(await this.#answer(question, reader, stream))) return;
      if (this.#random.chance(0.1)) this.#closeSoon(stream);
    }
  }

  #understand(head: string, stream: VirtualStream): Question | null {
    const [method = "", target = ""] = head.split(" ");
    if (target.startsWith("/up")) return null;
    const nonce = Number(field(head, "x-nonce") ?? NaN);
    if (!target.includes(`/n${nonce}`)) {
      this.#parts.trace.violation(`${stream.name} got a strange head: ${head.slice(0, 80)}`);
    }
    this.#parts.trace.note(`${stream.name} is asked ${method} ${nonce}`);
    const switches = field(head, "upgrade") !== null;
    return { method, nonce, framing: framingOf(head, "none"), switches };
  }

  async #answerProbe(stream: VirtualStream): Promise<void> {
    const line = this.healthy ? "200 OK" : "500 Out of order";
    await writeText(stream, `HTTP/1.1 ${line}\r\nContent-Length: 0\r\n\r\n`);
  }

  /** Does something with a request; true when the connection goes on. */
  async #answer(
    question: Question,
    reader: MessageReader,
    stream: VirtualStream,
  ): Promise<boolean> {
    const deed = this.#random.pick(this.#deeds);
    if (deed !== "plain") this.#parts.trace.note(`${stream.name}: ${deed} for ${question.nonce}`);
    if (deed === "interim") {
      const line = this.#random.pick(["100 Continue", "103 Early Hints\r\nLink: </x>"]);
      await writeText(stream, `HTTP/1.1 ${line}\r\n\r\n`);
    }
    if (deed === "early" || deed === "early_close") {
      const goesOn = await this.#respond(question, stream, deed);
      if (deed === "early_close") return false;
      await this.#readBody(question, reader, stream);
      return goesOn;
    }
    await this.#readBody(question, reader, stream);
    if (this.#random.chance(0.3)) await this.#parts.clock.sleep(this.#random.next() * 50);
    switch (deed) {
      case "die":
        stream.reset();
        return false;
      case "garbage":
        await writeText(stream, `\x00\x17 ${SURPLUS}`);
        return false;
      case "stall":
        await reader.some();
        return false;
      case "unasked_switch":
        await writeText(stream, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: strange\r\n\r\n");
        return false;
      default:
        if (question.switches && this.#random.chance(0.8)) {
          return await this.#switch(reader, stream);
        }
        return await this.#respond(question, stream, deed);
    }
  }

  async #readBody(
    { nonce, framing }: Question,
    reader: MessageReader,
    stream: VirtualStream,
  ): Promise<void> {
    let at = 0;
    await reader.body(framing, (text) => {
      if (text !== stampedText(nonce, at, at + text.length)) {
        this.#parts.trace.violation(`${stream.name}: the body of ${nonce} is wrong after ${at}`);
      }
      at += text.length;
    });
  }

  async #respond(question: Question, stream: VirtualStream, deed: Deed): Promise<boolean> {
    const random = this.#random;
    const { nonce, method } = question;
    const bodiless = random.chance(0.1);
    const closes = random.chance(0.1);
    const length = random.pick([0, 1, 40, 900, 900, 900, 5_000, 5_000, 40_000, 150_000]);
    const kind = bodiless
      ? "length"
      : random.pick(["length", "length", "chunked", "close"] as const);
    const framing: Framing = { kind, length };
    const lines = [
      bodiless ? "HTTP/1.1 204 No Content" : `HTTP/1.1 ${random.pick(["200 OK", "404 Not Found"])}`,
      `X-Nonce: ${nonce}`,
    ];
    if (!bodiless && kind === "length") lines.push(`Content-Length: ${length}`);
    if (kind === "chunked") lines.push("Transfer-Encoding: chunked");
    if (closes) lines.push("Connection: close");
    const head = `${lines.join("\r\n")}\r\n\r\n`;
    if (bodiless || method === "HEAD") {
      await writeText(stream, head);
      if (deed === "surplus") await writeText(stream, SURPLUS);
      return !closes && kind !== "close";
    }
    const chunk = random.pick([1_000, 10_000, 70_000]);
    const pieces = framed(stampedText(nonce, 0, length), framing, chunk);
    const whole = await this.#sendPieces(stream, head, pieces, deed);
    if (!whole) return false;
    if (deed === "surplus" && kind !== "close") await writeText(stream, SURPLUS);
    return !closes && kind !== "close";
  }

  /** False when the response was left unfinished. */
  async #sendPieces(
    stream: VirtualStream,
    head: string,
    pieces: readonly string[],
    deed: Deed,
  ): Promise<boolean> {
    const random = this.#random;
    const isPartial = deed === "short" || deed === "short_reset" || deed === "stall_within";
    const all = head + pieces.join("");
    if (isPartial) {
      await writeText(stream, all.slice(0, random.below(all.length)));
      if (deed === "short_reset") stream.reset();
      if (deed === "stall_within") await new MessageReader(stream).some();
      return false;
    }
    if (deed !== "slow") {
      await writeText(stream, all);
      return true;
    }
    await writeText(stream, head);
    for (const piece of pieces) {
      await this.#parts.clock.sleep(random.next() * 400);
      await writeText(stream, piece);
    }
    return true;
  }

  /** Becomes a tunnel that says back what it is told. */
  async #switch(reader: MessageReader, stream: VirtualStream): Promise<boolean> {
    const fields = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    await writeText(stream, `HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
    await echo(reader, stream);
    return false;
  }

  #closeSoon(stream: VirtualStream): void {
    this.#parts.clock.after(this.#random.next() * 30, () => stream.close());
  }
}

/** The first bytes of a connection: as many as tell its version. */
async function readFirst(stream: VirtualStream): Promise<Uint8Array> {
  const bytes = new Uint8Array(1_000);
  let end = 0;
  do {
    const count = await stream.read(bytes.subarray(end));
    if (count === 0) break;
    end += count;
  } while (end < PREFACE.length && PREFACE.startsWith(textIn(bytes, 0, end)));
  return bytes.subarray(0, end);
}

/** Says back what it is told, until the other side ends. */
export async function echo(reader: MessageReader, stream: VirtualStream): Promise<void> {
  for (;;) {
    const text = await reader.some();
    if (text === "") break;
    await writeText(stream, text);
  }
  await stream.closeWrite();
}

/** A server that says back what it is told, or goes away at any time. */
export class EchoBackend implements Host {
  readonly address: string;
  state: Host["state"] = "up";
  readonly #parts: StreamParts;

  constructor(address: string, parts: StreamParts) {
    this.address = address;
    this.#parts = parts;
  }

  accept(stream: VirtualStream): void {
    const { clock, random } = this.#parts;
    const cancel = random.chance(0.2)
      ? clock.after(random.next() * 300, () => random.chance(0.5) ? stream.reset() : stream.close())
      : () => {};
    echo(new MessageReader(stream), stream).catch(() => {}).finally(() => {
      cancel();
      stream.close();
    });
  }
}
